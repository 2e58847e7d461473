"""The same events as rows in PostgreSQL and in plain SQLite: load, size, an agent's sessions, one session back.

alternatives.py STORE DIRECTORY: reads the session files with zstd, loads at most 300,000 events.
"""
import glob
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import time

LIMIT = 300_000


def events(store):
    count = 0
    for path in sorted(glob.glob(f"{store}/sessions/*/*/*/*.zst")):
        lines = subprocess.run(["zstd", "-dcq", path], capture_output=True).stdout.splitlines()
        if not lines:
            continue
        first = json.loads(lines[0])
        for number, line in enumerate(lines):
            event = json.loads(line)
            yield (first["session"], number, first["start"], first["agent"]["uid"], event["type"],
                   event["t"], line.decode())
            count += 1
        if count >= LIMIT:
            return


def timed(rounds, body):
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        body()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def report(name, count, seconds, size, agent, session):
    print(f"{name:32} {count / seconds:10,.0f} events/s {size / count:6.0f} B/event"
          f" {agent:9.2f} ms agent's sessions {session:8.2f} ms one session")


def sqlite(rows, work):
    path = os.path.join(work, "plain.sqlite")
    for suffix in ("", "-wal", "-shm"):
        if os.path.exists(path + suffix):
            os.unlink(path + suffix)
    database = sqlite3.connect(path, isolation_level=None)
    database.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
        "CREATE TABLE event(session TEXT, seq INTEGER, start TEXT, agent TEXT, type TEXT, t INTEGER, body TEXT,"
        " PRIMARY KEY(session, seq)); CREATE INDEX a ON event(agent, start); CREATE INDEX y ON event(type, start)")
    start = time.perf_counter()
    for place in range(0, len(rows), 100):
        database.execute("BEGIN")
        database.executemany("INSERT INTO event VALUES(?,?,?,?,?,?,?)", rows[place:place + 100])
        database.execute("COMMIT")
    seconds = time.perf_counter() - start
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    agent = timed(5, lambda: database.execute(
        "SELECT DISTINCT session FROM event WHERE agent = ?", ("agent-07",)).fetchall())
    session = timed(5, lambda: database.execute(
        "SELECT body FROM event WHERE session = ? ORDER BY seq", (rows[-1][0],)).fetchall())
    report("SQLite, event rows, batch 100", len(rows), seconds, os.path.getsize(path), agent, session)


def find(program):
    found = shutil.which(program) or next(iter(sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{program}"))), None)
    return found


def postgres(rows, work):
    initdb, ctl = find("initdb"), find("pg_ctl")
    if not initdb or not ctl:
        print("PostgreSQL is not installed: left out")
        return
    user = [] if os.getuid() else ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    data = f"/tmp/index-bench-postgres.{os.getpid()}"
    os.mkdir(data)
    if user:
        shutil.chown(data, "postgres", "postgres")
    quiet = dict(check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
    try:
        subprocess.run(user + [initdb, "-D", data + "/d", "-A", "trust", "-U", "bench"], **quiet)
        subprocess.run(user + [ctl, "-D", data + "/d", "-w", "-l", data + "/log", "-o",
                               f"-k {data} -c listen_addresses=''", "start"], **quiet)
        base = [find("psql"), "-h", data, "-U", "bench", "-d", "postgres", "-q", "-At", "-v", "ON_ERROR_STOP=1"]

        def ask(sql):
            return subprocess.run(base, input=sql, text=True, check=True, capture_output=True).stdout

        ask("CREATE TABLE event(session text, seq int, start timestamptz, agent text, type text, t bigint, body jsonb,"
            " PRIMARY KEY(session, seq)); CREATE INDEX ON event(agent, start); CREATE INDEX ON event(type, start)")

        def quoted(value):
            return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)

        script = []
        for place in range(0, len(rows), 100):
            values = ",".join("(" + ",".join(map(quoted, row)) + ")" for row in rows[place:place + 100])
            script.append(f"INSERT INTO event VALUES {values};")
        script = "\n".join(script).replace("\\u0000", "")
        start = time.perf_counter()
        ask(script)
        seconds = time.perf_counter() - start
        ask("ANALYZE event")
        size = int(ask("SELECT pg_total_relation_size('event')"))

        def inside(sql):
            answer = ask("\n".join([f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql};"] * 1))
            return json.loads(answer)[0]["Execution Time"]

        agent = statistics.median(inside("SELECT DISTINCT session FROM event WHERE agent = 'agent-07'") for _ in range(5))
        session = statistics.median(
            inside(f"SELECT body FROM event WHERE session = '{rows[-1][0]}' ORDER BY seq") for _ in range(5))
        report("PostgreSQL, jsonb rows, batch 100", len(rows), seconds, size, agent, session)
    finally:
        subprocess.run(user + [ctl, "-D", data + "/d", "-m", "immediate", "stop"], cwd="/",
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        shutil.rmtree(data, ignore_errors=True)


def ours(store, rows):
    database = sqlite3.connect(f"file:{store}/index.sqlite?mode=ro", uri=True)
    agent = timed(5, lambda: database.execute(
        "SELECT session FROM v_session WHERE agent = ?", ("agent-07",)).fetchall())
    path = glob.glob(f"{store}/sessions/*/*/*/{rows[-1][0]}.ndjson.zst")[0]
    session = timed(5, lambda: subprocess.run(["zstd", "-dcq", path], capture_output=True))
    count = database.execute("SELECT sum(n_events) FROM session").fetchone()[0]
    size = sum(os.path.getsize(p) for p in glob.glob(f"{store}/sessions/*/*/*/*.zst"))
    print(f"{'Blackbox: files ' + format(size / count, '.0f') + ' B/event + index':32} {'above':>10}          "
          f"{os.path.getsize(store + '/index.sqlite') / count:6.0f} B/event {agent:9.2f} ms agent's sessions "
          f"{session:8.2f} ms one session (zstd, a process)")


def main():
    store, work = sys.argv[1:3]
    rows = list(events(store))
    print(f"alternatives, {len(rows)} events of the same store:")
    ours(store, rows)
    sqlite(rows, work)
    postgres(rows, work)


main()
