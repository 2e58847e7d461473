#include <sqlite3.h>

// Swift imports neither cast macros nor variadic functions.
static inline sqlite3_destructor_type blackbox_sqlite_transient(void) { return SQLITE_TRANSIENT; }
static inline int blackbox_sqlite_uncounted(void) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }
static inline int blackbox_sqlite_config_flag(sqlite3 *db, int operation, int value) {
  return sqlite3_db_config(db, operation, value, (int *)0);
}
