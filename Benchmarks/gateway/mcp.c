// What the MCP pipe adds to one call: a client that waits for each answer, and a server that answers at once.
//   mcp server                              answers each line of standard input with one of its own
//   mcp client COUNT [PRELOAD] COMMAND…     starts COMMAND, sends COUNT calls one after the other; prints milliseconds
// With PRELOAD (the path of syncs.so) COMMAND is a recorder whose syncs are timed too. Call by call, of one run on one
// disk, the first sync that began in the call is its durable point; what the call took besides is `beyond`: waiting for
// another sync, threads that hand over, and all other work, the server's and the client's own included.
#define _GNU_SOURCE
#include "syncs.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static void print(const char *name, double *took, int count) {
  if (count == 0) return;
  qsort(took, (size_t)count, sizeof *took, by_size);
  printf("%s_p50 %.3f %s_p99 %.3f %s_max %.3f ", name, took[count / 2], name, took[count * 99 / 100], name,
         took[count - 1]);
}

static int serve(void) {
  char line[1 << 16];
  setvbuf(stdout, NULL, _IOLBF, 1 << 16);
  while (fgets(line, sizeof line, stdin)) {
    char *id = strstr(line, "\"id\":");
    printf("{\"jsonrpc\":\"2.0\",\"id\":%ld,\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"done\"}]}}\n",
           id ? strtol(id + 5, NULL, 10) : 0);
  }
  return 0;
}

int main(int count, char **words) {
  if (count == 2 && !strcmp(words[1], "server")) return serve();
  if (count < 4 || strcmp(words[1], "client")) return fprintf(stderr, "usage: see the head of mcp.c\n"), 2;
  int to[2], from[2], calls = atoi(words[2]);
  size_t length = strlen(words[3]);
  const char *preload = length > 3 && !strcmp(words[3] + length - 3, ".so") ? words[3] : NULL;
  char **command = words + (preload ? 4 : 3);
  struct syncs *noted = NULL;
  char name[64];
  if (preload) {
    snprintf(name, sizeof name, "/dev/shm/bench-syncs-%d", getpid());
    int file = open(name, O_CREAT | O_EXCL | O_RDWR, 0600);
    if (file < 0 || ftruncate(file, sizeof *noted) != 0) return perror(name), 1;
    noted = mmap(NULL, sizeof *noted, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (noted == MAP_FAILED) return perror(name), 1;
    close(file);
  }
  if (pipe2(to, 0) || pipe2(from, 0)) return perror("pipe"), 1;
  pid_t child = fork();
  if (child == 0) {
    dup2(to[0], 0), dup2(from[1], 1);
    close(to[0]), close(to[1]), close(from[0]), close(from[1]);
    if (preload) setenv("LD_PRELOAD", preload, 1), setenv("BENCH_SYNCS", name, 1);
    execvp(command[0], command);
    _exit(127);
  }
  close(to[0]), close(from[1]);
  FILE *answers = fdopen(from[0], "r");
  double *start = malloc((size_t)calls * sizeof *start), *took = malloc((size_t)calls * sizeof *took);
  double *durable = malloc((size_t)calls * sizeof *durable), *beyond = malloc((size_t)calls * sizeof *beyond);
  char line[1 << 16];
  for (int i = -1; i < calls; i++) {
    int length = snprintf(line, sizeof line,
                          "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"tools/call\",\"params\":{\"name\":\"query\","
                          "\"arguments\":{\"sql\":\"SELECT id, status FROM orders WHERE id = %d\"}}}\n", i, i);
    double began = now();
    if (write(to[1], line, (size_t)length) != length || !fgets(line, sizeof line, answers)) return perror("call"), 1;
    // The first one waits for the server to start.
    if (i >= 0) start[i] = began, took[i] = now() - began;
    usleep(2000);
  }
  close(to[1]);
  waitpid(child, NULL, 0);
  int met = 0;
  unsigned many = 0;
  if (noted) {
    unlink(name);
    unsigned next = 0, all = noted->count < MOST_SYNCS ? noted->count : MOST_SYNCS;
    for (int i = 0; i < calls; i++) {
      double first = -1;
      while (next < all && noted->sync[next].start < start[i]) next++;
      for (; next < all && noted->sync[next].start < start[i] + took[i]; next++, many++)
        if (first < 0) first = noted->sync[next].end - noted->sync[next].start;
      // A call that met no sync of its own would have passed unrecorded.
      if (first < 0) continue;
      durable[met] = first, beyond[met] = took[i] - first, met++;
    }
  }
  printf("count %d ", calls);
  print("call", took, calls);
  if (noted) {
    printf("met %d syncs %u ", met, many);
    print("durable", durable, met), print("beyond", beyond, met);
  }
  puts("");
  return noted && met < calls;
}
