#define _GNU_SOURCE
#include "posix.h"

#include <errno.h>
#include <sys/timex.h>
#include <sys/vfs.h>

int blackbox_file_system_facts(const char *path, unsigned long *type, unsigned long long *free_bytes,
                               unsigned long long *all_bytes) {
  struct statfs facts;
  if (statfs(path, &facts) != 0) return errno;
  *type = (unsigned long)facts.f_type;
  *free_bytes = (unsigned long long)facts.f_bavail * (unsigned long long)facts.f_bsize;
  *all_bytes = (unsigned long long)facts.f_blocks * (unsigned long long)facts.f_bsize;
  return 0;
}

int blackbox_clock_is_synchronised(void) {
  struct timex facts = {.modes = 0};
  int state = adjtimex(&facts);
  return state < 0 ? -1 : state != TIME_ERROR && !(facts.status & STA_UNSYNC);
}
