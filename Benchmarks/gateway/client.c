// A gateway for benchmarks: speaks schema/ingest-protocol.md to `blackbox serve` or to floor.c, as fast as they take it.
//   client stream SOCKET SESSIONS EVENTS [BARRIERS]  all at once, sessions in turn; BARRIERS: percent of barrier events
//   client pace SOCKET SESSIONS SECONDS              one event a second and session, evenly spread; latency of acks, and how much
//                                                   of a core the server took
//   client barrier SOCKET COUNT                      one barrier event after the other
//   client idle SOCKET SESSIONS                      opens them with one event each, says "ready", waits for a line
// Prints one line of `name value` pairs; times in seconds, latencies in milliseconds.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { POOL = 20000, WIDEST = 512 };
static char (*pool)[WIDEST];
static int *pool_length;
static int server;
static long sessions;
static long *sent_n, *acked_n;
static double *sent_at;
static double *latencies;
static long latency_count, latency_room;
static long opened, all_acked;
static char input[1 << 20];
static size_t input_length;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

static void die(const char *what) {
  fprintf(stderr, "client: %s: %s\n", what, strerror(errno));
  exit(1);
}

static uint32_t random_below(uint32_t limit) {
  static uint64_t state = 88172645463325252ull;
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return (uint32_t)((state >> 16) % limit);
}

// Members of database events, so that a stored line is about 300 bytes long.
// CPU seconds that the server at the other end has used, all its threads together, to the nanosecond: a tick of 10 ms
// is much where a run takes 40 of them.
static double server_cpu(void) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  clockid_t clock;
  struct timespec used;
  if (getsockopt(server, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) die("peer");
  if (clock_getcpuclockid(peer.pid, &clock) != 0 || clock_gettime(clock, &used) != 0) die("the server's clock");
  return (double)used.tv_sec + (double)used.tv_nsec * 1e-9;
}

static void make_pool(void) {
  static const char *columns[] = {"id", "created_at", "status", "total_cents", "email", "region", "sku", "quantity",
                                  "updated_at", "owner_id"};
  static const char *tables[] = {"orders", "customers", "invoices", "line_items", "payments", "sessions", "audit_log",
                                 "inventory"};
  pool = malloc((size_t)POOL * WIDEST);
  pool_length = malloc(POOL * sizeof *pool_length);
  for (int i = 0; i < POOL; i++) {
    const char *a = columns[random_below(10)], *b = columns[random_below(10)], *c = columns[random_below(10)];
    const char *table = tables[random_below(8)];
    char text[200];
    switch (random_below(4)) {
      case 0:
        snprintf(text, sizeof text, "UPDATE %s SET %s = '%u', updated_at = now() WHERE %s = $1 AND %s > $2", table, a,
                 random_below(100000), b, c);
        break;
      case 1:
        snprintf(text, sizeof text, "INSERT INTO %s (%s, %s, %s) VALUES (%u, %u, %u)", table, a, b, c,
                 random_below(1000000), random_below(1000000), random_below(1000000));
        break;
      default:
        snprintf(text, sizeof text, "SELECT %s, %s FROM %s WHERE %s = $1 AND created_at > $2 ORDER BY %s LIMIT %u", a,
                 b, table, c, a, 10 * random_below(10));
    }
    pool_length[i] = snprintf(
        pool[i], WIDEST,
        "\"at\":\"2026-11-%02uT%02u:%02u:%02u.%06uZ\",\"request\":\"q-%08x%08x\",\"dbms\":\"postgresql\",\"text\":\"%s\","
        "\"parameters\":[%u,\"2026-02-%02u\"],\"rows\":%u,\"duration_us\":%u,\"status\":\"%s\"}\n",
        1 + random_below(30), random_below(24), random_below(60), random_below(60), random_below(1000000),
        random_below(1u << 31), random_below(1u << 31), text, random_below(1000000), 1 + random_below(28),
        random_below(100), random_below(90000), random_below(25) ? "ok" : "error");
  }
}

static void connect_to(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) die("path");
  strcpy(address.sun_path, path);
  server = socket(AF_UNIX, SOCK_STREAM, 0);
  for (int i = 0; connect(server, (struct sockaddr *)&address, sizeof address) != 0; i++) {
    if (i == 2000) die(path);
    usleep(10000);
  }
  fcntl(server, F_SETFL, O_NONBLOCK);
}

static void hear(const char *line) {
  if (strncmp(line, "{\"ack\":\"r", 9) == 0) {
    char *end;
    long ref = strtol(line + 9, &end, 10);
    long n = strtol(end + 6, NULL, 10);  // `","n":`
    if (ref < 0 || ref >= sessions || n <= acked_n[ref]) return;
    if (sent_at && n == sent_n[ref]) {
      if (latency_count < latency_room) latencies[latency_count++] = now() - sent_at[ref];
    }
    all_acked += n - acked_n[ref];
    acked_n[ref] = n;
  } else if (strncmp(line, "{\"opened\"", 9) == 0) {
    opened++;
  } else if (strncmp(line, "{\"error\"", 8) == 0) {
    fprintf(stderr, "client: %.300s\n", line);
    exit(1);
  }
}

static void take_answers(void) {
  for (;;) {
    ssize_t count = read(server, input + input_length, sizeof input - input_length - 1);
    if (count == 0) errno = ECONNRESET, die("the server is gone");
    if (count < 0) {
      if (errno == EAGAIN || errno == EINTR) return;
      die("read");
    }
    input_length += (size_t)count;
    char *start = input, *stop;
    while ((stop = memchr(start, '\n', input_length - (size_t)(start - input)))) {
      *stop = 0;
      hear(start);
      start = stop + 1;
    }
    input_length -= (size_t)(start - input);
    memmove(input, start, input_length);
  }
}

// Sends all, hearing answers meanwhile.
static void send_all(const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t count = send(server, bytes, length, MSG_NOSIGNAL);
    if (count > 0) {
      bytes += count, length -= (size_t)count;
      continue;
    }
    if (errno != EAGAIN && errno != EINTR) die("send");
    struct pollfd wait = {server, POLLIN | POLLOUT, 0};
    poll(&wait, 1, 1000);
    if (wait.revents & POLLIN) take_answers();
  }
}

static void wait_for_answers(int milliseconds) {
  struct pollfd wait = {server, POLLIN, 0};
  if (poll(&wait, 1, milliseconds) > 0) take_answers();
}

static char output[1 << 18];
static size_t output_length;

static void flush_output(void) {
  send_all(output, output_length);
  output_length = 0;
}

static void put(const char *bytes, size_t length) {
  if (output_length + length > sizeof output) flush_output();
  memcpy(output + output_length, bytes, length);
  output_length += length;
}

static void put_event(long session, const char *type, long index) {
  char head[96];
  int length = snprintf(head, sizeof head, "{\"event\":\"r%ld\",\"n\":%ld,\"type\":\"%s\",", session,
                        ++sent_n[session], type);
  put(head, (size_t)length);
  put(pool[index % POOL], (size_t)pool_length[index % POOL]);
}

static void begin(const char *path, long count) {
  make_pool();
  sessions = count;
  sent_n = calloc((size_t)count, sizeof *sent_n);
  acked_n = calloc((size_t)count, sizeof *acked_n);
  connect_to(path);
  const char hello[] = "{\"hello\":1,\"client\":\"bench/1\"}\n";
  put(hello, sizeof hello - 1);
  for (long i = 0; i < count; i++) {
    char line[512];
    int length = snprintf(line, sizeof line,
                          "{\"open\":\"r%ld\",\"kind\":\"database\",\"agent\":{\"uid\":\"agent-%ld\",\"issuer\":"
                          "\"https://id.example.com\",\"name\":\"deploy\"},\"principal\":{\"uid\":\"u%03ld@corp.example\"},"
                          "\"resource\":{\"kind\":\"database\",\"uid\":\"pg:prod/shop\"}}\n",
                          i, i % 100, i % 300);
    put(line, (size_t)length);
  }
  flush_output();
  while (opened < count) wait_for_answers(1000);
}

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static void print_latencies(void) {
  qsort(latencies, (size_t)latency_count, sizeof *latencies, by_size);
  if (latency_count == 0) die("no acks");
  printf("count %ld p50 %.3f p99 %.3f max %.3f\n", latency_count, latencies[latency_count / 2] * 1e3,
         latencies[latency_count * 99 / 100] * 1e3, latencies[latency_count - 1] * 1e3);
}

static void stream(const char *path, long count, long events, uint32_t barriers) {
  begin(path, count);
  double start = now(), cpu = server_cpu();
  for (long i = 0; i < events; i++) {
    int isBarrier = barriers > 0 && random_below(100) < barriers;
    put_event(i % count, isBarrier ? "database.query" : "database.result", random_below(POOL));
  }
  for (long i = 0; i < count; i++) {
    char line[48];
    put(line, (size_t)snprintf(line, sizeof line, "{\"barrier\":\"r%ld\"}\n", i));
  }
  flush_output();
  while (all_acked < events) wait_for_answers(1000);
  double wall = now() - start;
  cpu = server_cpu() - cpu;
  printf("wall %.4f events_per_s %.0f cpu %.2f events_per_cpu_s %.0f\n", wall, (double)events / wall, cpu,
         (double)events / cpu);
}

static void pace(const char *path, long count, double seconds) {
  begin(path, count);
  latency_room = (long)(seconds * (double)count) + count;
  latencies = malloc((size_t)latency_room * sizeof *latencies);
  sent_at = calloc((size_t)count, sizeof *sent_at);
  long total = (long)(seconds * (double)count);
  double start = now(), cpu = server_cpu();
  for (long i = 0; i < total;) {
    double moment = now();
    long due = (long)((moment - start) * (double)count);
    if (due > total) due = total;
    for (; i < due; i++) {
      long session = i % count;
      sent_at[session] = moment;
      put_event(session, "database.result", random_below(POOL));
    }
    flush_output();
    wait_for_answers(1);
  }
  double patience = now() + 10;
  while (all_acked < total && now() < patience) wait_for_answers(100);
  printf("cores %.4f ", (server_cpu() - cpu) / (now() - start));
  print_latencies();
}

static void barrier(const char *path, long count) {
  begin(path, 1);
  latency_room = count;
  latencies = malloc((size_t)latency_room * sizeof *latencies);
  sent_at = calloc(1, sizeof *sent_at);
  for (long i = 0; i < count; i++) {
    put_event(0, "database.query", i);
    sent_at[0] = now();
    flush_output();
    while (acked_n[0] < sent_n[0]) wait_for_answers(1000);
  }
  print_latencies();
}

static void idle(const char *path, long count) {
  begin(path, count);
  for (long i = 0; i < count; i++) put_event(i, "database.result", i);
  flush_output();
  while (all_acked < count) wait_for_answers(1000);
  printf("ready\n");
  fflush(stdout);
  char line[16];
  if (!fgets(line, sizeof line, stdin)) return;
}

int main(int count, char **words) {
  if (count >= 5 && !strcmp(words[1], "stream"))
    stream(words[2], atol(words[3]), atol(words[4]), count > 5 ? (uint32_t)atol(words[5]) : 0);
  else if (count == 5 && !strcmp(words[1], "pace")) pace(words[2], atol(words[3]), atof(words[4]));
  else if (count == 4 && !strcmp(words[1], "barrier")) barrier(words[2], atol(words[3]));
  else if (count == 4 && !strcmp(words[1], "idle")) idle(words[2], atol(words[3]));
  else return fprintf(stderr, "usage: see the head of client.c\n"), 2;
}
