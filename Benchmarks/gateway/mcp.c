// What the MCP pipe adds to one call: a client that waits for each answer, and a server that answers at once.
//   mcp server                       answers each line of standard input with one of its own
//   mcp client COUNT COMMAND…        starts COMMAND, sends COUNT calls one after the other; prints p50, p99, max in ms
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
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
  if (pipe2(to, 0) || pipe2(from, 0)) return perror("pipe"), 1;
  pid_t child = fork();
  if (child == 0) {
    dup2(to[0], 0), dup2(from[1], 1);
    close(to[0]), close(to[1]), close(from[0]), close(from[1]);
    execvp(words[3], words + 3);
    _exit(127);
  }
  close(to[0]), close(from[1]);
  FILE *answers = fdopen(from[0], "r");
  double *took = malloc((size_t)calls * sizeof *took);
  char line[1 << 16];
  for (int i = 0; i < calls; i++) {
    int length = snprintf(line, sizeof line,
                          "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"tools/call\",\"params\":{\"name\":\"query\","
                          "\"arguments\":{\"sql\":\"SELECT id, status FROM orders WHERE id = %d\"}}}\n", i, i);
    double start = now();
    if (write(to[1], line, (size_t)length) != length || !fgets(line, sizeof line, answers)) return perror("call"), 1;
    took[i] = now() - start;
    usleep(2000);
  }
  close(to[1]);
  waitpid(child, NULL, 0);
  qsort(took, (size_t)calls, sizeof *took, by_size);
  printf("count %d p50 %.3f p99 %.3f max %.3f\n", calls, took[calls / 2], took[calls * 99 / 100], took[calls - 1]);
}
