// What the disk itself needs for a durable point.
//   disk fdatasync DIRECTORY COUNT     4 KiB appended and synced, one after the other
//   disk syncfs DIRECTORY FILES COUNT  100 bytes appended to each of FILES files, then one syncfs for all
// Prints p50, p99 and max of the sync (fdatasync: with its write) in milliseconds.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec * 1e-6;
}

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

int main(int words, char **word) {
  if (words < 4 || chdir(word[2]) != 0) return perror("disk"), 2;
  int isOne = !strcmp(word[1], "fdatasync");
  int files = isOne ? 1 : atoi(word[3]), rounds = atoi(word[words - 1]);
  int *file = malloc((size_t)files * sizeof *file), root = open(".", O_RDONLY | O_DIRECTORY);
  double *took = malloc((size_t)rounds * sizeof *took);
  char bytes[4096];
  memset(bytes, 'x', sizeof bytes);
  for (int i = 0; i < files; i++) {
    char name[32];
    snprintf(name, sizeof name, "disk-%d", i);
    file[i] = open(name, O_CREAT | O_TRUNC | O_RDWR | O_APPEND, 0600);
    if (file[i] < 0 || write(file[i], bytes, sizeof bytes) < 0) return perror(name), 1;
  }
  if (syncfs(root) != 0) return perror("syncfs"), 1;
  for (int round = 0; round < rounds; round++) {
    double start = now();
    for (int i = 0; i < files; i++)
      if (write(file[i], bytes, isOne ? sizeof bytes : 100) < 0) return perror("write"), 1;
    if (!isOne) start = now();
    if ((isOne ? fdatasync(file[0]) : syncfs(root)) != 0) return perror("sync"), 1;
    took[round] = now() - start;
    if (!isOne) usleep(100000);
  }
  for (int i = 0; i < files; i++) {
    char name[32];
    snprintf(name, sizeof name, "disk-%d", i);
    unlink(name);
  }
  qsort(took, (size_t)rounds, sizeof *took, by_size);
  printf("count %d p50 %.3f p99 %.3f max %.3f\n", rounds, took[rounds / 2], took[rounds * 99 / 100], took[rounds - 1]);
}
