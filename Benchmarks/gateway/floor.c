// The floor: what the machine itself needs for the work of `blackbox serve`, on one core and one thread.
//   floor SOCKET DIRECTORY LEVEL WINDOWLOG SYNC
// Reads the stream of client.c, which it believes blindly (no JSON or UTF-8 is checked, nothing is parsed but the places
// of ref and n), writes each line as our format has it, hashes salt, leaf and nodes with low-level SHA-256, compresses
// with libzstd, flushes and writes every 6 MiB or 200 ms, commits every MiB of a session, chains what it wrote. SYNC 1:
// also syncs at those points. Ends when the client goes away.
#define _GNU_SOURCE
#define OPENSSL_SUPPRESS_DEPRECATED
#include <errno.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

enum { RAW = 64 << 10, MOST = 10000, ENOUGH = 6 << 20 };

struct session {
  int file, dirty, owes;
  long n;
  uint64_t lines, offset, uncommitted;
  unsigned char salt_input[53], edge[64][32];
  int edges;
  SHA256_CTX chain;
  ZSTD_CCtx *zstd;
  char *raw;
  size_t raw_length;
  unsigned char *waiting;
  size_t waiting_length, waiting_room;
};

static struct session *sessions;
static long dirty[MOST];
static long dirty_count;
static int client, directory, level, window_log, syncs;
static size_t unsettled;
static double oldest, began;
static char input[256 << 10], held[1 << 16];
static size_t held_length;
static char answers[1 << 20];
static size_t answers_length;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_BOOTTIME, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

static void die(const char *what) {
  perror(what);
  exit(1);
}

static void compress(struct session *s, ZSTD_EndDirective ending) {
  ZSTD_inBuffer in = {s->raw, s->raw_length, 0};
  size_t before = s->waiting_length, rest;
  do {
    if (s->waiting_room - s->waiting_length < 32 << 10)
      s->waiting = realloc(s->waiting, s->waiting_room = s->waiting_room * 2 + (64 << 10));
    ZSTD_outBuffer out = {s->waiting + s->waiting_length, s->waiting_room - s->waiting_length, 0};
    rest = ZSTD_compressStream2(s->zstd, &out, &in, ending);
    if (ZSTD_isError(rest)) die("zstd");
    s->waiting_length += out.pos;
  } while (ending == ZSTD_e_continue ? in.pos < in.size : rest != 0);
  s->raw_length = 0;
  SHA256_Update(&s->chain, s->waiting + before, s->waiting_length - before);
}

static void node(unsigned char *left, const unsigned char *right) {
  SHA256_CTX c;
  SHA256_Init(&c);
  SHA256_Update(&c, "\1", 1);
  SHA256_Update(&c, left, 32);
  SHA256_Update(&c, right, 32);
  SHA256_Final(left, &c);
}

static void add_leaf(struct session *s, const char *line, size_t length) {
  unsigned char salt[33], leaf[32];
  for (int i = 0; i < 8; i++) s->salt_input[45 + i] = (unsigned char)(s->lines >> (56 - 8 * i));
  SHA256_CTX c;
  SHA256_Init(&c);
  SHA256_Update(&c, s->salt_input, sizeof s->salt_input);
  salt[0] = 0;
  SHA256_Final(salt + 1, &c);
  SHA256_Init(&c);
  SHA256_Update(&c, salt, 17);
  SHA256_Update(&c, line, length);
  SHA256_Final(leaf, &c);
  memcpy(s->edge[s->edges++], leaf, 32);
  for (uint64_t rest = s->lines++; rest & 1; rest >>= 1, s->edges--) node(s->edge[s->edges - 2], s->edge[s->edges - 1]);
}

static void commit(struct session *s) {
  unsigned char frame[128] = {0x5A, 0x2A, 0x4D, 0x18, 0x78}, root[32];
  compress(s, ZSTD_e_end);
  memcpy(root, s->edge[s->edges - 1], 32);
  for (int i = s->edges - 2; i >= 0; i--) {
    unsigned char left[32];
    memcpy(left, s->edge[i], 32);
    node(left, root);
    memcpy(root, left, 32);
  }
  SHA256_CTX copy = s->chain;
  memcpy(frame + 64, root, 32);
  SHA256_Final(frame + 96, &copy);
  SHA256_Update(&s->chain, frame, sizeof frame);
  if (s->waiting_room - s->waiting_length < sizeof frame)
    s->waiting = realloc(s->waiting, s->waiting_room += 64 << 10);
  memcpy(s->waiting + s->waiting_length, frame, sizeof frame);
  s->waiting_length += sizeof frame;
  s->uncommitted = 0;
}

static void answer(const char *text, size_t length) {
  if (answers_length + length > sizeof answers) die("the client does not read");
  memcpy(answers + answers_length, text, length);
  answers_length += length;
}

static void send_answers(void) {
  size_t sent = 0;
  while (sent < answers_length) {
    ssize_t count = send(client, answers + sent, answers_length - sent, MSG_NOSIGNAL);
    // The client ends once every event is acked, while it may still be owed answers to barriers behind them.
    if (count < 0 && (errno == EPIPE || errno == ECONNRESET)) exit(0);
    if (count < 0) die("send");
    sent += (size_t)count;
  }
  answers_length = 0;
}

static void settle(void) {
  for (long i = 0; i < dirty_count; i++) {
    struct session *s = &sessions[dirty[i]];
    if (s->uncommitted >= 1 << 20) commit(s);
    else compress(s, ZSTD_e_flush);
    if (pwrite(s->file, s->waiting, s->waiting_length, (off_t)s->offset) != (ssize_t)s->waiting_length) die("write");
    s->offset += s->waiting_length;
    s->waiting_length = 0;
    if (syncs && dirty_count <= 6 && fdatasync(s->file) != 0) die("sync");
  }
  if (syncs && dirty_count > 6 && syncfs(directory) != 0) die("syncfs");
  for (long i = 0; i < dirty_count; i++) {
    struct session *s = &sessions[dirty[i]];
    char line[160];
    answer(line, (size_t)snprintf(line, sizeof line, "{\"ack\":\"r%ld\",\"n\":%ld}\n", dirty[i], s->n));
    s->dirty = 0;
  }
  dirty_count = 0;
  unsettled = 0;
  send_answers();
}

static void mark(long index) {
  if (sessions[index].dirty) return;
  sessions[index].dirty = 1;
  if (dirty_count == 0) oldest = now();
  dirty[dirty_count++] = index;
}

static void open_session(long index) {
  struct session *s = &sessions[index];
  char name[32];
  snprintf(name, sizeof name, "%ld", index);
  s->file = openat(directory, name, O_CREAT | O_RDWR | O_TRUNC, 0600);
  if (s->file < 0) die(name);
  s->raw = malloc(2 * RAW);
  memset(s->salt_input, 7, sizeof s->salt_input);
  SHA256_Init(&s->chain);
  s->zstd = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(s->zstd, ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(s->zstd, ZSTD_c_windowLog, window_log);
  ZSTD_CCtx_setParameter(s->zstd, ZSTD_c_contentSizeFlag, 0);
  char line[160];
  answer(line, (size_t)snprintf(line, sizeof line, "{\"opened\":\"r%ld\"}\n", index));
}

static int starts(const char *line, const char *word) { return strncmp(line, word, strlen(word)) == 0; }

static void take(const char *line, size_t length, double moment) {
  if (starts(line, "{\"event\":\"r")) {
    char *end;
    long index = strtol(line + 11, &end, 10);
    struct session *s = &sessions[index];
    s->n = strtol(end + 6, &end, 10);  // `","n":`
    char *target = s->raw + s->raw_length;
    int head = sprintf(target, "{\"t\":%lu", (unsigned long)((moment - began) * 1e6));
    size_t tail = length - (size_t)(end - line);
    memcpy(target + head, end, tail);  // `,"type":…}`
    add_leaf(s, target, (size_t)head + tail);
    target[(size_t)head + tail] = '\n';
    s->raw_length += (size_t)head + tail + 1;
    s->uncommitted += (size_t)head + tail + 1;
    if (s->raw_length >= RAW) compress(s, ZSTD_e_continue);
    mark(index);
  } else if (starts(line, "{\"open\":\"r")) {
    open_session(strtol(line + 10, NULL, 10));
  } else if (starts(line, "{\"barrier\":\"r")) {
    mark(strtol(line + 13, NULL, 10));
    oldest = 0;
  }
}

int main(int count, char **words) {
  if (count != 6) return fprintf(stderr, "usage: see the head of floor.c\n"), 2;
  directory = open(words[2], O_RDONLY | O_DIRECTORY);
  if (directory < 0) die(words[2]);
  level = atoi(words[3]), window_log = atoi(words[4]), syncs = atoi(words[5]);
  sessions = calloc(MOST, sizeof *sessions);
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, words[1], sizeof address.sun_path - 1);
  int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 1) != 0) die("listen");
  client = accept(listener, NULL, NULL);
  began = now();
  for (;;) {
    struct pollfd wait = {client, POLLIN, 0};
    int ready = poll(&wait, 1, dirty_count > 0 ? 20 : 1000);
    double moment = now();
    if (ready > 0) {
      ssize_t got = read(client, input, sizeof input);
      if (got <= 0) return 0;
      char *start = input, *end = input + got, *stop;
      while ((stop = memchr(start, '\n', (size_t)(end - start)))) {
        if (held_length > 0) {
          memcpy(held + held_length, start, (size_t)(stop - start) + 1);
          take(held, held_length + (size_t)(stop - start), moment);
          unsettled += held_length;
          held_length = 0;
        } else {
          take(start, (size_t)(stop - start), moment);
        }
        unsettled += (size_t)(stop - start) + 1;
        start = stop + 1;
      }
      memcpy(held + held_length, start, (size_t)(end - start));
      held_length += (size_t)(end - start);
    }
    if (unsettled >= ENOUGH || (dirty_count > 0 && moment - oldest >= 0.2)) settle();
    if (answers_length > 0) send_answers();
  }
}
