/* The floor of the index's speed: SQLite driven from C, writing the same rows into the same tables.
 *
 *   floor SCHEMA SOURCE TARGET [sessions per transaction]
 *
 * Reads the rows of an index (SOURCE) into memory table by table, makes an empty index at TARGET from SCHEMA, and
 * writes them, session by session, in the order in which the program does. Only the writing is timed: finding, unpacking
 * and parsing the recordings, hashing, and the rows of identities, sources and delegations are the program's alone, so
 * the program's share of the floor is of all its work, not of its writing. Prints rows of
 * events per second without the search, then seconds for making all texts findable.
 *
 *   cc -O2 -o floor floor.c -lsqlite3
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void check(int code, sqlite3 *db, const char *what) {
  if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
  fprintf(stderr, "%s: %s\n", what, sqlite3_errmsg(db));
  exit(1);
}

static void run(sqlite3 *db, const char *sql) { check(sqlite3_exec(db, sql, 0, 0, 0), db, sql); }

/* The tables that hold a session's rows, each with the session's number as a first extra column. */
static const char *const tables[][2] = {
    {"event", "SELECT eid >> 32, eid, ts_us, t, k, ln, is_action, rid, op, target, status, disp, sev, code, tid, dur_us, "
              "n_out, b_out, caused_by, action_digest, attrs FROM event WHERE confidence IS NULL ORDER BY eid"},
    {"stretch", "SELECT sid, * FROM stretch ORDER BY sid, k"},
    {"decision", "SELECT eid >> 32, * FROM decision ORDER BY eid"},
    {"masking", "SELECT by >> 32, * FROM masking ORDER BY by"},
    {"object_ref", "SELECT eid >> 32, * FROM object_ref ORDER BY eid"},
    {"session_chain", "SELECT sid, * FROM session_chain ORDER BY sid, hop"},
    {"session", "SELECT sid, * FROM session ORDER BY sid"},
};
static const char *const inserts[] = {
    "INSERT OR IGNORE INTO event(eid, ts_us, t, k, ln, is_action, rid, op, target, status, disp, sev, code, tid, dur_us,"
    " n_out, b_out, caused_by, action_digest, attrs) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
};
enum { TABLES = sizeof tables / sizeof *tables };

typedef struct {
  sqlite3_int64 sid;
  int columns;
  sqlite3_value **values;
} row;
typedef struct {
  row *rows;
  size_t count, room, next;
  sqlite3_stmt *insert;
} table;

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  int batch = argc > 4 ? atoi(argv[4]) : 1000;
  sqlite3 *in, *out;
  check(sqlite3_open_v2(argv[2], &in, SQLITE_OPEN_READONLY, 0), in, "open");
  static table all[TABLES];
  char *text[1 << 0];
  (void)text;
  for (int i = 0; i < TABLES; i++) {
    sqlite3_stmt *s;
    check(sqlite3_prepare_v2(in, tables[i][1], -1, &s, 0), in, tables[i][1]);
    while (sqlite3_step(s) == SQLITE_ROW) {
      table *t = &all[i];
      if (t->count == t->room) t->rows = realloc(t->rows, (t->room = t->room ? t->room * 2 : 1024) * sizeof(row));
      row *r = &t->rows[t->count++];
      r->sid = sqlite3_column_int64(s, 0);
      r->columns = sqlite3_column_count(s) - 1;
      r->values = malloc(r->columns * sizeof *r->values);
      for (int c = 0; c < r->columns; c++) r->values[c] = sqlite3_value_dup(sqlite3_column_value(s, c + 1));
    }
    sqlite3_finalize(s);
  }
  /* Texts by number, to be written with the event that has them first. */
  sqlite3_stmt *body;
  check(sqlite3_prepare_v2(in, "SELECT body FROM txt WHERE tid = ?", -1, &body, 0), in, "txt");
  size_t events = all[0].count;
  sqlite3_value **bodies = calloc(events, sizeof *bodies);
  sqlite3_exec(in, "CREATE TEMP TABLE seen(tid INTEGER PRIMARY KEY)", 0, 0, 0);
  sqlite3_stmt *seen;
  check(sqlite3_prepare_v2(in, "INSERT OR IGNORE INTO seen VALUES(?)", -1, &seen, 0), in, "seen");
  run(in, "BEGIN");
  for (size_t i = 0; i < events; i++) {
    sqlite3_value *tid = all[0].rows[i].values[13];
    if (sqlite3_value_type(tid) == SQLITE_NULL) continue;
    sqlite3_bind_value(seen, 1, tid);
    sqlite3_step(seen);
    sqlite3_reset(seen);
    if (sqlite3_changes(in) == 0) continue;
    sqlite3_bind_value(body, 1, tid);
    if (sqlite3_step(body) == SQLITE_ROW) bodies[i] = sqlite3_value_dup(sqlite3_column_value(body, 0));
    sqlite3_reset(body);
  }
  run(in, "COMMIT");

  unlink(argv[3]);
  check(sqlite3_open(argv[3], &out), out, "create");
  run(out, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY");
  FILE *f = fopen(argv[1], "r");
  static char schema[1 << 16];
  if (!f) return 8;
  schema[fread(schema, 1, sizeof schema - 1, f)] = 0;
  run(out, schema);
  run(out, "PRAGMA cache_size = -65536");
  for (int i = 0; i < TABLES; i++) {
    char sql[512];
    if (i == 0) {
      strcpy(sql, inserts[0]);
    } else {
      int n = snprintf(sql, sizeof sql, "INSERT OR IGNORE INTO %s VALUES(?", tables[i][0]);
      for (int c = 1; all[i].count && c < all[i].rows[0].columns; c++) n += snprintf(sql + n, sizeof sql - n, ",?");
      snprintf(sql + n, sizeof sql - n, ")");
    }
    if (all[i].count) check(sqlite3_prepare_v2(out, sql, -1, &all[i].insert, 0), out, sql);
  }
  sqlite3_stmt *add_text, *add_due;
  check(sqlite3_prepare_v2(out, "INSERT OR IGNORE INTO txt VALUES(?,?)", -1, &add_text, 0), out, "txt");
  check(sqlite3_prepare_v2(out, "INSERT OR IGNORE INTO txt_due VALUES(?)", -1, &add_due, 0), out, "txt_due");

  double start = now();
  size_t sessions = all[TABLES - 1].count;
  for (size_t i = 0; i < sessions; i++) {
    if (i % batch == 0) run(out, "BEGIN IMMEDIATE");
    sqlite3_int64 sid = all[TABLES - 1].rows[i].sid;
    for (int k = 0; k < TABLES; k++) {
      table *t = &all[k];
      while (t->next < t->count && t->rows[t->next].sid <= sid) {
        row *r = &t->rows[t->next];
        if (k == 0 && bodies[t->next]) {
          sqlite3_bind_value(add_text, 1, r->values[13]);
          sqlite3_bind_value(add_text, 2, bodies[t->next]);
          sqlite3_step(add_text);
          sqlite3_reset(add_text);
          sqlite3_bind_value(add_due, 1, r->values[13]);
          sqlite3_step(add_due);
          sqlite3_reset(add_due);
        }
        for (int c = 0; c < r->columns; c++) sqlite3_bind_value(t->insert, c + 1, r->values[c]);
        int code = sqlite3_step(t->insert);
        if (code != SQLITE_DONE) check(code, out, tables[k][0]);
        sqlite3_reset(t->insert);
        t->next++;
      }
    }
    if (i % batch == (size_t)batch - 1 || i + 1 == sessions) run(out, "COMMIT");
  }
  double rows = now() - start;
  printf("%zu event rows in %.3f s: %.0f rows/s without text search\n", events, rows, events / rows);

  start = now();
  sqlite3_stmt *last;
  check(sqlite3_prepare_v2(out, "SELECT max(tid) FROM (SELECT tid FROM txt_due ORDER BY tid LIMIT 20000)", -1, &last, 0),
        out, "last");
  for (;;) {
    run(out, "BEGIN IMMEDIATE");
    sqlite3_step(last);
    int done = sqlite3_column_type(last, 0) == SQLITE_NULL;
    sqlite3_int64 tid = sqlite3_column_int64(last, 0);
    sqlite3_reset(last);
    if (!done) {
      char sql[512];
      snprintf(sql, sizeof sql,
               "INSERT INTO txt_fts(rowid, body) SELECT tid, body FROM txt WHERE tid IN(SELECT tid FROM txt_due WHERE tid"
               " <= %lld) ORDER BY tid; DELETE FROM txt_due WHERE tid <= %lld",
               (long long)tid, (long long)tid);
      run(out, sql);
    }
    run(out, "COMMIT");
    if (done) break;
  }
  double search = now() - start;
  printf("search in %.3f s: %.0f rows/s with trigrams\n", search, events / (rows + search));
  sqlite3_close(out);
  return 0;
}
