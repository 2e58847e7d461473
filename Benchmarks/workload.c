// Deterministic workloads. usage: workload log BYTES | workload lines COUNT
//   log    log-like text of about 92 bytes a line, written in large pieces, exactly BYTES long
//   lines  COUNT numbered lines of 30 to 90 bytes, one write(2) each
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static unsigned long long state = 88172645463325252ULL;
static unsigned next(unsigned limit) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (unsigned)(state % limit);
}

static const char *const levels[] = {"INFO", "INFO", "INFO", "WARN", "DEBUG", "ERROR"};
static const char *const parts[] = {"scheduler", "ingest", "api-gateway", "billing", "auth", "cache"};
static const char *const verbs[] = {"accepted", "completed", "retried", "queued", "dropped", "flushed"};

static int line(char *text, unsigned long number) {
  return sprintf(text, "2026-11-22T%02u:%02u:%02u.%03uZ %-5s %s: %s request %08x in %u ms (line %lu)\n",
                 next(24), next(60), next(60), next(1000), levels[next(6)], parts[next(6)],
                 verbs[next(6)], next(0x7fffffff), next(900), number);
}

int main(int count, char **arguments) {
  if (count != 3) return 2;
  unsigned long long limit = strtoull(arguments[2], 0, 10), done = 0;
  char text[256];
  if (!strcmp(arguments[1], "log")) {
    for (unsigned long number = 0; done < limit; number++) {
      unsigned long long length = (unsigned long long)line(text, number);
      if (length > limit - done) length = limit - done;
      if (fwrite(text, 1, length, stdout) != length) return 1;
      done += length;
    }
    return fflush(stdout) ? 1 : 0;
  }
  for (; done < limit; done++) {
    int length = sprintf(text, "L%08llu ", done);
    int more = 20 + (int)next(60);
    memset(text + length, 'a' + (int)next(26), (size_t)more);
    text[length + more] = '\n';
    if (write(1, text, (size_t)(length + more + 1)) < 0) return 1;
  }
  return 0;
}
