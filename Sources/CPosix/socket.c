#define _GNU_SOURCE
#include "socket.h"

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

static int address_of(const char *path, struct sockaddr_un *address) {
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  size_t length = strlen(path);
  if (length == 0 || length >= sizeof address->sun_path) return -ENAMETOOLONG;
  memcpy(address->sun_path, path, length);
  return 0;
}

static int stream_socket(int flags) {
  int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
  return made < 0 ? -errno : made;
}

static int keep(int descriptor, int result) {
  if (result == 0) return descriptor;
  int error = errno;
  close(descriptor);
  return -error;
}

int blackbox_listen(const char *path, mode_t mode, int backlog) {
  struct sockaddr_un address;
  int error = address_of(path, &address);
  if (error) return error;
  int listener = stream_socket(SOCK_NONBLOCK);
  if (listener < 0) return listener;
  // Nobody may connect between bind and chmod with more rights than they will have afterwards.
  mode_t before = umask(0177);
  int bound = bind(listener, (struct sockaddr *)&address, sizeof address);
  if (bound != 0 && errno == EADDRINUSE) {
    struct stat status;
    int probe = lstat(path, &status) == 0 && S_ISSOCK(status.st_mode) ? stream_socket(0) : -1;
    if (probe >= 0 && connect(probe, (struct sockaddr *)&address, sizeof address) != 0 &&
        errno == ECONNREFUSED && unlink(path) == 0)
      bound = bind(listener, (struct sockaddr *)&address, sizeof address);
    else
      errno = EADDRINUSE;
    int kept = errno;
    if (probe >= 0) close(probe);
    errno = kept;
  }
  umask(before);
  if (bound == 0) bound = chmod(path, mode);
  if (bound == 0) bound = listen(listener, backlog);
  return keep(listener, bound);
}

int blackbox_listen_loopback(int is_six, unsigned short *port, int backlog) {
  union {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
  } address;
  memset(&address, 0, sizeof address);
  socklen_t size = is_six ? sizeof address.six : sizeof address.four;
  if (is_six) {
    address.six.sin6_family = AF_INET6;
    address.six.sin6_port = htons(*port);
    address.six.sin6_addr = in6addr_loopback;
  } else {
    address.four.sin_family = AF_INET;
    address.four.sin_port = htons(*port);
    address.four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  }
  int listener = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener < 0) return -errno;
  int one = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  int result = bind(listener, &address.any, size);
  if (result == 0) result = listen(listener, backlog);
  if (result == 0) result = getsockname(listener, &address.any, &size);
  if (result == 0) *port = ntohs(is_six ? address.six.sin6_port : address.four.sin_port);
  return keep(listener, result);
}

int blackbox_accept(int listener, uid_t *user, pid_t *process) {
  int made = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (made < 0) return -errno;
  struct ucred peer = {0};
  socklen_t length = sizeof peer;
  int asked = getsockopt(made, SOL_SOCKET, SO_PEERCRED, &peer, &length);
  *user = peer.uid;
  *process = peer.pid;
  return keep(made, asked);
}

int blackbox_connect(const char *path) {
  struct sockaddr_un address;
  int error = address_of(path, &address);
  if (error) return error;
  int made = stream_socket(0);
  if (made < 0) return made;
  // A listener that accepts nobody, with as many waiting as it lets wait, would be waited for without end.
  struct timeval limit = {.tv_sec = 5}, none = {0};
  setsockopt(made, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  int result = connect(made, (struct sockaddr *)&address, sizeof address);
  error = errno;
  setsockopt(made, SOL_SOCKET, SO_SNDTIMEO, &none, sizeof none);
  errno = error;
  return keep(made, result);
}

int blackbox_notify(const char *path, const char *text, size_t length) {
  struct sockaddr_un address;
  int error = address_of(path, &address);
  if (error) return error;
  socklen_t size = offsetof(struct sockaddr_un, sun_path) + strlen(path);
  if (address.sun_path[0] == '@') address.sun_path[0] = 0;
  int made = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (made < 0) return -errno;
  ssize_t sent = sendto(made, text, length, MSG_NOSIGNAL, (struct sockaddr *)&address, size);
  int result = sent < 0 ? -errno : 0;
  close(made);
  return result;
}

int blackbox_wake_source(void) {
  int made = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return made < 0 ? -errno : made;
}

int blackbox_can_sync_file_system(int descriptor) {
  struct statfs system;
  struct utsname name;
  int major = 0, minor = 0;
  if (fstatfs(descriptor, &system) != 0 || uname(&name) != 0) return 0;
  if (sscanf(name.release, "%d.%d", &major, &minor) != 2) return 0;
  if (major < 5 || (major == 5 && minor < 17)) return 0;
  uint32_t type = (uint32_t)system.f_type;
  return type == 0xEF53 || type == 0x58465342 || type == 0x9123683E;
}

int blackbox_sync_file_system(int descriptor) {
  return syncfs(descriptor) == 0 ? 0 : -errno;
}

long blackbox_raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  if (limit.rlim_cur < limit.rlim_max) {
    struct rlimit raised = {limit.rlim_max, limit.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  return limit.rlim_cur > LONG_MAX ? LONG_MAX : (long)limit.rlim_cur;
}

void blackbox_release_free_memory(void) { malloc_trim(0); }
