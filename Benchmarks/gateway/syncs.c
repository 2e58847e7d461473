// Loaded into a recorder (LD_PRELOAD): notes when each of its syncs began and ended, for whoever times its calls.
// BENCH_SYNCS names the file; mcp.c makes it and reads it.
#define _GNU_SOURCE
#include "syncs.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct syncs *noted;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("BENCH_SYNCS");
  int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0) return;
  void *place = mmap(NULL, sizeof *noted, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (place != MAP_FAILED) noted = place;
  close(file);
}

static int timed(long call, int descriptor) {
  double start = now();
  int result = (int)syscall(call, descriptor);
  double end = now();
  unsigned place = noted ? atomic_fetch_add(&noted->count, 1) : MOST_SYNCS;
  if (place < MOST_SYNCS) noted->sync[place].start = start, noted->sync[place].end = end;
  return result;
}

int fdatasync(int descriptor) { return timed(SYS_fdatasync, descriptor); }
int fsync(int descriptor) { return timed(SYS_fsync, descriptor); }
int syncfs(int descriptor) { return timed(SYS_syncfs, descriptor); }
