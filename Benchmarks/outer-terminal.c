// The terminal that a recorder runs in: gives COMMAND a pseudo-terminal of 132x43, reads all it shows in pieces of
// 64 KiB, and prints one line: wall seconds, CPU seconds of COMMAND and all it waited for, bytes shown, exit status, and
// the most memory that one of them had, in KiB.
// usage: outer-terminal COMMAND ARGS…
#define _GNU_SOURCE
#include <errno.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

int main(int count, char **arguments) {
  static char buffer[65536];
  struct winsize size = {.ws_row = 43, .ws_col = 132};
  if (count < 2) return 2;
  double start = now();
  int master;
  pid_t child = forkpty(&master, NULL, NULL, &size);
  if (child < 0) return 1;
  if (child == 0) {
    execvp(arguments[1], arguments + 1);
    _exit(127);
  }
  unsigned long long shown = 0;
  for (;;) {
    ssize_t got = read(master, buffer, sizeof buffer);
    if (got > 0) shown += (unsigned long long)got;
    else if (got == 0 || errno != EINTR) break;
  }
  int status = 0;
  struct rusage usage;
  wait4(child, &status, 0, &usage);
  double cpu = usage.ru_utime.tv_sec + usage.ru_utime.tv_usec * 1e-6 + usage.ru_stime.tv_sec +
               usage.ru_stime.tv_usec * 1e-6;
  printf("%.4f %.4f %llu %d %ld\n", now() - start, cpu, shown, WEXITSTATUS(status), usage.ru_maxrss);
  return 0;
}
