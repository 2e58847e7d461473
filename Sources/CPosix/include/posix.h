#pragma once
#include <sys/types.h>

// What Swift cannot do safely: code between fork and exec, and ioctl with structures.

// Starts `argv` on a new pseudo-terminal, as the leader of its own session. `mode` is a struct termios, or NULL for
// the system's default.
// What this process had ignored when it started stays ignored in the child.
// `input` >= 0 becomes the child's standard input in place of the terminal. Unless `survives`, the child is killed when
// the thread that calls this ends.
// On success returns 0, the child's pid and the master descriptor (close-on-exec). On failure, a failed
// exec included, returns an errno value, names the step in *failed_step (static text), and leaves nothing running.
int blackbox_spawn_on_pty(char *const argv[], unsigned short columns,
                          unsigned short rows, const void *mode, int input, int survives,
                          pid_t *child, int *master, const char **failed_step);

// Starts `argv` as the leader of its own session, with pipes as its standard input, output and error.
// On success returns 0, the child's pid, and in ends[0..2] this side's ends of the three pipes (close-on-exec, and they
// do not block). On failure, a failed exec included, returns an errno value, names the step in *failed_step (static
// text), and leaves nothing running and no descriptor open.
int blackbox_spawn_on_pipes(char *const argv[], pid_t *child, int ends[3],
                            const char **failed_step);

// Both return 0 or an errno value.
int blackbox_set_window_size(int terminal, unsigned short columns, unsigned short rows);
int blackbox_get_window_size(int terminal, unsigned short *columns, unsigned short *rows);

// Blocks the signals for this thread and those it starts later, and returns a non-blocking descriptor that
// collects them, or -1. With `keeps_ignored`, those that were ignored when the program started stay so, except SIGCHLD
// and SIGWINCH.
int blackbox_signal_source(const int *numbers, int count, int keeps_ignored);
// 1 if the signal was ignored when the program started.
int blackbox_was_ignored(int number);
// The next signal collected, or 0.
int blackbox_next_signal(int source);

// What a file system is and has: its type as statfs(2) gives it, bytes free for this user, bytes in all.
// Returns 0 or an errno value.
int blackbox_file_system_facts(const char *path, unsigned long *type, unsigned long long *free_bytes,
                               unsigned long long *all_bytes);
// 1 if the kernel holds the wall clock to be synchronised, 0 if not, -1 if it does not say.
int blackbox_clock_is_synchronised(void);
