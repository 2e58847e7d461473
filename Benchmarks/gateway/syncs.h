// What a recorder's syncs took: written by syncs.c inside it, read by mcp.c.
#include <stdatomic.h>
#include <time.h>

enum { MOST_SYNCS = 1 << 18 };

struct syncs {
  _Atomic unsigned count;
  struct { double start, end; } sync[MOST_SYNCS];
};

// Milliseconds on the clock that all processes share.
static inline double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec * 1e-6;
}
