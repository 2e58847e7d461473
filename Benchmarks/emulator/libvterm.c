// How fast libvterm takes a stream: libvterm FILE ROUNDS, prints MB per second of CPU, best to
// worst. It gets what an embedding program gives it: callbacks for damage and scrolled lines,
// damage merged by scrolled region, the setting that is fastest for it.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <vterm.h>

enum { ROWS = 43, COLUMNS = 132, CHUNK = 65536, MAX_ROUNDS = 99 };

static long damaged, scrolled;

static int on_damage(VTermRect rect, void *user) {
  (void)rect, (void)user;
  damaged++;
  return 1;
}

static int on_line(int columns, const VTermScreenCell *cells, void *user) {
  (void)columns, (void)cells, (void)user;
  scrolled++;
  return 1;
}

static double cpu_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec + now.tv_nsec / 1e9;
}

static int faster_first(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a < b) - (a > b);
}

static double round_of(const char *bytes, size_t size) {
  static const VTermScreenCallbacks callbacks = {.damage = on_damage, .sb_pushline = on_line};
  VTerm *terminal = vterm_new(ROWS, COLUMNS);
  vterm_set_utf8(terminal, 1);
  VTermScreen *screen = vterm_obtain_screen(terminal);
  vterm_screen_set_callbacks(screen, &callbacks, NULL);
  vterm_screen_set_damage_merge(screen, VTERM_DAMAGE_SCROLL);
  vterm_screen_enable_altscreen(screen, 1);
  vterm_screen_reset(screen, 1);
  double start = cpu_seconds();
  for (size_t at = 0; at < size; at += CHUNK) {
    vterm_input_write(terminal, bytes + at, size - at < CHUNK ? size - at : CHUNK);
    char answer[4096];
    while (vterm_output_read(terminal, answer, sizeof answer) == sizeof answer) {}
  }
  vterm_screen_flush_damage(screen);
  double speed = size / (cpu_seconds() - start) / 1e6;
  vterm_free(terminal);
  return speed;
}

int main(int count, char **arguments) {
  int rounds = count == 3 ? atoi(arguments[2]) : 0;
  if (rounds < 1 || rounds > MAX_ROUNDS) {
    fprintf(stderr, "usage: libvterm FILE ROUNDS\n");
    return 2;
  }
  FILE *file = fopen(arguments[1], "rb");
  if (!file || fseek(file, 0, SEEK_END)) {
    perror(arguments[1]);
    return 8;
  }
  long size = ftell(file);
  rewind(file);
  char *bytes = size > 0 ? malloc(size) : NULL;
  if (!bytes || fread(bytes, 1, size, file) != (size_t)size) {
    fprintf(stderr, "libvterm: %s cannot be read\n", arguments[1]);
    return 8;
  }
  double speeds[MAX_ROUNDS];
  for (int round = 0; round < rounds; round++) speeds[round] = round_of(bytes, size);
  qsort(speeds, rounds, sizeof *speeds, faster_first);
  for (int round = 0; round < rounds; round++) printf("%.1f\n", speeds[round]);
  free(bytes);
  return damaged + scrolled > 0 ? 0 : 1;
}
