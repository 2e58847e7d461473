"""Small figures: the check of an index that is up to date, a text search, an agent's sessions among a million.

measure.py BLACKBOX STORE DIRECTORY
"""
import os
import sqlite3
import statistics
import subprocess
import sys
import time


def median(rounds, body):
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        body()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def main():
    blackbox, store, work = sys.argv[1:4]
    quiet = dict(stdout=subprocess.DEVNULL, check=True)
    # In turn, so that a machine that changes its pace changes both.
    times = {"version": [], "index": []}
    for _ in range(201):
        for name, arguments in (("version", []), ("index", ["--store", store])):
            start = time.perf_counter()
            subprocess.run([blackbox, name] + arguments, **quiet)
            times[name].append((time.perf_counter() - start) * 1000)
    nothing, check = (statistics.median(times[name]) for name in ("version", "index"))
    print(f"up-to-date check: {check - nothing:.2f} ms beyond {nothing:.2f} ms of an empty command, medians of 201")

    database = sqlite3.connect(f"file:{store}/index.sqlite?mode=ro", uri=True)
    for text in ("zebra-quartz", "build", "orders", "nowhere-at-all"):
        ms = median(5, lambda: database.execute(
            "SELECT s.uid, e.seq FROM txt_fts AS f JOIN event AS e ON e.tid = f.rowid"
            " JOIN session AS s ON s.sid = e.sid WHERE f.body LIKE ? LIMIT 100", (f"%{text}%",)).fetchall())
        print(f"first 100 hits of {text!r}: {ms:.2f} ms")

    # A million sessions: not recorded, but filled into the tables, because only the lookup is measured.
    path = os.path.join(work, "million.sqlite")
    if not os.path.exists(path):
        schema = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../schema/index.sql")).read()
        if os.path.exists(path + ".part"):
            os.unlink(path + ".part")
        fill = sqlite3.connect(path + ".part")
        fill.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + schema)
        fill.executemany("INSERT INTO identity(iid, who, kind, issuer, uid) VALUES(?,?,'agent','i',?)",
                         ((n, n, f"agent-{n:05}") for n in range(1000)))
        fill.execute("INSERT INTO resource(rid, kind, uid) VALUES(1, 'host', 'h')")
        span = 30 * 86_400_000_000
        rows = ((n, f"S{n:025}", n * 7919 % 1000, 1_795_000_000_000_000 + n * span // 1_000_000)
                for n in range(1_000_000))
        fill.executemany(
            "INSERT INTO session(sid, uid, kind, agent, rid, start_us, t_last, n_events, n_denied, n_held, n_masked,"
            " n_gaps, n_recovered, n_withheld, bytes) VALUES(?,?,'terminal',?,1,?,1000,10,0,0,0,0,0,0,1000)", rows)
        fill.execute("INSERT INTO source(src, uid, is_due, verify) SELECT sid, uid, 0, 'OK' FROM session")
        fill.commit()
        fill.close()
        os.rename(path + ".part", path)
    million = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    since = 1_795_000_000_000_000 + 29 * 86_400_000_000
    ask = ("SELECT session, start_us FROM v_session WHERE sid IN(SELECT sid FROM session WHERE agent IN("
           "SELECT iid FROM identity WHERE uid = ?) AND start_us >= ?) ORDER BY start_us DESC LIMIT 100")
    found = million.execute(ask, ("agent-00500", since)).fetchall()
    ms = median(51, lambda: million.execute(ask, ("agent-00500", since)).fetchall())
    print(f"one agent's last day among 1,000,000 sessions (filled, not recorded): {len(found)} rows, {ms:.3f} ms")


main()
