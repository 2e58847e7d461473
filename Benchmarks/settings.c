// What libzstd makes of event lines with the settings that sessions are written with, and some beside them.
//   settings FILE…      FILE: the lines of sessions, as `zstd -dc SESSION.ndjson.zst` gives them
// Frames of 1 MiB, as the recorder ends them. Prints for each file and setting the bytes of lines, the bytes stored, and
// MB of lines per second of CPU, the better of two.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <zstd.h>

static const struct {
  const char *name;
  int level, window, hash, chain, match;
} settings[] = {
    {"record, thorough", 6, 20, 17, 16, 0}, {"record, text", 3, 20, 15, 10, 0},
    {"record, numbers", 3, 20, 10, 9, 7},   {"serve, first 48", 1, 17, 0, 0, 0},
    {"serve, others", 1, 14, 0, 0, 0},      {"level 3", 3, 0, 0, 0, 0},
};

static double cpu(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

int main(int count, char **files) {
  enum { frame = 1 << 20, piece = 64 << 10 };
  static char output[1 << 20];
  for (int f = 1; f < count; f++) {
    FILE *file = fopen(files[f], "rb");
    if (!file) return perror(files[f]), 1;
    fseek(file, 0, SEEK_END);
    size_t length = (size_t)ftell(file);
    rewind(file);
    char *lines = malloc(length + 1);
    if (!lines || fread(lines, 1, length, file) != length) return perror(files[f]), 1;
    fclose(file);
    for (size_t s = 0; s < sizeof settings / sizeof *settings; s++) {
      ZSTD_CCtx *context = ZSTD_createCCtx();
      ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, settings[s].level);
      ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, settings[s].window);
      ZSTD_CCtx_setParameter(context, ZSTD_c_hashLog, settings[s].hash);
      ZSTD_CCtx_setParameter(context, ZSTD_c_chainLog, settings[s].chain);
      ZSTD_CCtx_setParameter(context, ZSTD_c_minMatch, settings[s].match);
      ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
      size_t stored = 0;
      double best = 1e9;
      for (int round = 0; round < 2; round++) {
        double start = cpu();
        stored = 0;
        for (size_t at = 0; at < length; at += piece) {
          size_t end = at + piece < length ? at + piece : length;
          int ends = end % frame == 0 || end == length;
          ZSTD_inBuffer in = {lines + at, end - at, 0};
          for (;;) {
            ZSTD_outBuffer out = {output, sizeof output, 0};
            size_t rest = ZSTD_compressStream2(context, &out, &in, ends ? ZSTD_e_end : ZSTD_e_continue);
            if (ZSTD_isError(rest)) return fprintf(stderr, "%s\n", ZSTD_getErrorName(rest)), 1;
            stored += out.pos;
            if (ends ? rest == 0 : in.pos == in.size) break;
          }
        }
        double took = cpu() - start;
        if (took < best) best = took;
      }
      ZSTD_freeCCtx(context);
      printf("%-24s %-18s %10zu %10zu %7.0f MB/s\n", files[f], settings[s].name, length, stored, length / best / 1e6);
    }
    free(lines);
  }
  return 0;
}
