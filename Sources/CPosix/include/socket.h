#pragma once
#include <sys/types.h>

// What Glibc's module does not show to Swift: Unix sockets with peer credentials, syncfs, eventfd, limits, malloc_trim.
// All return a descriptor or 0, or a negated errno value.

// A listening stream socket at `path` with the given permission bits; non-blocking, close-on-exec.
// A socket that nobody listens on any more is replaced; anything else at that path is EADDRINUSE.
int blackbox_listen(const char *path, mode_t mode, int backlog);
// A listening TCP socket on 127.0.0.1, or on ::1 if `is_six`; non-blocking, close-on-exec. Port 0 takes any that is free;
// `*port` becomes the one that is taken.
int blackbox_listen_loopback(int is_six, unsigned short *port, int backlog);
// The next connection, non-blocking, and who is at its other end.
int blackbox_accept(int listener, uid_t *user, pid_t *process);
int blackbox_connect(const char *path);
// One datagram to a service manager's socket; a leading '@' names the abstract space.
int blackbox_notify(const char *path, const char *text, size_t length);

// A descriptor that becomes readable by writing eight bytes to it.
int blackbox_wake_source(void);

// 1 if a sync of this descriptor's whole file system is cheap and reports its errors:
// ext4, XFS or Btrfs on Linux 5.17 or later.
int blackbox_can_sync_file_system(int descriptor);
int blackbox_sync_file_system(int descriptor);

// Raises the limit of open descriptors as far as allowed; returns the limit.
long blackbox_raise_descriptor_limit(void);

// Gives the allocator's free memory back to the system.
void blackbox_release_free_memory(void);
