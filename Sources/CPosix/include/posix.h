#pragma once
#include <sys/types.h>
#include <termios.h>

// What Swift cannot do safely: code between fork and exec, and ioctl with structures.

// Starts `argv` on a new pseudo-terminal, as the leader of its own session. `mode` NULL: the system's default.
// On success returns 0, the child's pid and the master descriptor (close-on-exec). On failure, a failed
// exec included, returns an errno value, names the step in *failed_step (static text), and leaves nothing running.
int blackbox_spawn_on_pty(char *const argv[], char *const envp[], const char *directory,
                          unsigned short columns, unsigned short rows, const struct termios *mode,
                          pid_t *child, int *master, const char **failed_step);

// Both return 0 or an errno value.
int blackbox_set_window_size(int terminal, unsigned short columns, unsigned short rows);
int blackbox_get_window_size(int terminal, unsigned short *columns, unsigned short *rows);
