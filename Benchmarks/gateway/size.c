// What libzstd itself makes of a session's lines, driven from C with the same flushes and frame ends.
//   size LEVEL WINDOWLOG FILE…
// Walks the frames and blocks of session files (schema/session-format.md §4): a block that is shorter than a block can be
// ends at a flush. The same lines are compressed anew, flushed and ended at the same places. Prints, over all files:
// bytes of ours, bytes of its, commits, and bytes of all lines.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

static uint32_t word(const unsigned char *p) {
  return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void fail(const char *what) {
  fprintf(stderr, "size: %s\n", what);
  exit(1);
}

int main(int count, char **words) {
  if (count < 4) return fprintf(stderr, "usage: see the head of size.c\n"), 2;
  size_t ours = 0, theirs = 0, commits = 0, lines = 0;
  ZSTD_CCtx *compressor = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(compressor, ZSTD_c_compressionLevel, atoi(words[1]));
  if (atoi(words[2])) ZSTD_CCtx_setParameter(compressor, ZSTD_c_windowLog, atoi(words[2]));
  ZSTD_CCtx_setParameter(compressor, ZSTD_c_contentSizeFlag, 0);
  ZSTD_DCtx *decompressor = ZSTD_createDCtx();
  static unsigned char content[1 << 20], output[1 << 20];
  for (int i = 3; i < count; i++) {
    FILE *file = fopen(words[i], "rb");
    if (!file) fail(words[i]);
    fseek(file, 0, SEEK_END);
    size_t length = (size_t)ftell(file);
    rewind(file);
    unsigned char *bytes = malloc(length + 1);
    if (fread(bytes, 1, length, file) != length) fail(words[i]);
    fclose(file);
    ours += length;
    for (size_t at = 0; at + 8 <= length;) {
      if ((word(bytes + at) & 0xFFFFFFF0u) == 0x184D2A50u) {
        if (word(bytes + at) == 0x184D2A5Au) commits++;
        else theirs += word(bytes + at + 4) + 8;  // the seek table is neither's
        at += word(bytes + at + 4) + 8;
        continue;
      }
      // No content size, no dictionary, no checksum: magic, descriptor, window, then blocks.
      size_t window = (size_t)1 << (10 + (bytes[at + 5] >> 3)), most = window < 128 << 10 ? window : 128 << 10;
      ZSTD_DCtx_reset(decompressor, ZSTD_reset_session_only);
      size_t step = 6, rest;
      for (int last = 0; !last;) {
        size_t start = at + (step == 6 ? 0 : step);
        uint32_t header = word(bytes + at + step) & 0xFFFFFF;
        last = header & 1;
        step += 3 + ((header >> 1 & 3) == 1 ? 1 : header >> 3);
        if (at + step > length) fail("a frame does not end: give closed sessions");
        ZSTD_inBuffer in = {bytes, at + step, start};
        ZSTD_outBuffer plain = {content, sizeof content, 0};
        while (in.pos < in.size)
          if (ZSTD_isError(ZSTD_decompressStream(decompressor, &plain, &in))) fail("not zstd");
        lines += plain.pos;
        ZSTD_inBuffer again = {content, plain.pos, 0};
        ZSTD_EndDirective ending = last ? ZSTD_e_end : plain.pos < most ? ZSTD_e_flush : ZSTD_e_continue;
        do {
          ZSTD_outBuffer out = {output, sizeof output, 0};
          rest = ZSTD_compressStream2(compressor, &out, &again, ending);
          if (ZSTD_isError(rest)) fail(ZSTD_getErrorName(rest));
          theirs += out.pos;
        } while (ending == ZSTD_e_continue ? again.pos < again.size : rest > 0);
      }
      at += step;
    }
    free(bytes);
  }
  printf("ours %zu libzstd %zu commits %zu lines %zu\n", ours, theirs, commits, lines);
}
