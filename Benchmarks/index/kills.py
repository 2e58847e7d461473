#!/usr/bin/env python3
"""The index made in random pieces by writers that are killed outright, with two readers beside them, held against
one built at once.

  generate-store --sessions 20000 --events 2000000 DIR
  kills.py BLACKBOX DIR [KILLS]

DIR is what generate-store made; its index is deleted first. The writers together are killed KILLS times (60) at random
moments; then one comes to its end, and every row of every table is compared with a rebuilt index. Ends with 1 where
one differs, where a reader saw a session without its row or fewer sessions than before, or where SQLite finds damage.
"""
import hashlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time

blackbox, directory = sys.argv[1], sys.argv[2]
kills = int(sys.argv[3]) if len(sys.argv) > 3 else 60
index = directory + "/store/index.sqlite"
environment = dict(os.environ, BLACKBOX_STORE=directory + "/store", BLACKBOX_STATE=directory + "/state")
faults = []


def start(*arguments):
    return subprocess.Popen([blackbox, "index", *arguments], env=environment, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)


def rows():
    """Every table's rows as one digest each; the search's own tables follow from the texts."""
    database = sqlite3.connect(f"file:{index}?mode=ro", uri=True)
    digests = {}
    names = [row[0] for row in database.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'txt_fts*' ORDER BY name")]
    for name in names:
        # What is only remembered on the way.
        where = " WHERE k NOT IN('folders', 'counts', 'checkpoint', 'signed')" if name == "meta" else ""
        digest = hashlib.sha256()
        # In the order of their keys; what findings say of whole stores is no part of an update.
        count = 0
        width = len(database.execute(f"SELECT * FROM {name} LIMIT 0").description)
        order = ", ".join(str(n + 1) for n in range(min(width, 4)))
        for row in database.execute(f"SELECT * FROM {name}{where} ORDER BY {order}"):
            digest.update(repr(row).encode())
            count += 1
        digests[name] = (count, digest.hexdigest())
    return digests


def read(stop):
    """Reads all the time: sessions only grow, and none of their events comes before them."""
    last = 0
    while not stop.is_set():
        try:
            database = sqlite3.connect(f"file:{index}?mode=ro", uri=True, timeout=30)
            count = database.execute("SELECT count(*) FROM session").fetchone()[0]
            torn = database.execute(
                "SELECT count(*) FROM (SELECT DISTINCT eid >> 32 AS sid FROM event) WHERE sid NOT IN("
                "SELECT sid FROM session)").fetchone()[0]
            database.close()
        except sqlite3.OperationalError as failure:
            # No index yet, or not its tables.
            if "unable to open" in str(failure) or "no such table" in str(failure):
                time.sleep(0.01)
                continue
            faults.append(f"a reader: {failure}")
            return
        if count < last:
            faults.append(f"{last} sessions became {count}")
        if torn:
            faults.append(f"{torn} sessions have events without their row")
        last = count
        time.sleep(random.random() / 10)


for suffix in ("", "-wal", "-shm"):
    if os.path.exists(index + suffix):
        os.unlink(index + suffix)
stop = threading.Event()
readers = [threading.Thread(target=read, args=(stop,)) for _ in range(2)]
for reader in readers:
    reader.start()
killed = 0
for _ in range(kills):
    writers = [start(), start()]
    time.sleep(random.uniform(0.02, 1.5))
    for writer in writers:
        if writer.poll() is None:
            writer.send_signal(signal.SIGKILL)
            killed += 1
        writer.wait()
print(f"{killed} writers killed", flush=True)
if start().wait() != 0:
    faults.append("the last writer failed")
stop.set()
for reader in readers:
    reader.join()
check = sqlite3.connect(index).execute("PRAGMA quick_check").fetchone()[0]
if check != "ok":
    faults.append(check)
grown = rows()
if start("--rebuild").wait() != 0:
    faults.append("the rebuild failed")
built = rows()
for name in sorted(set(grown) | set(built)):
    if grown.get(name) != built.get(name):
        faults.append(f"{name}: {grown.get(name)} grown, {built.get(name)} rebuilt")
print(f"{sum(count for count, _ in built.values())} rows of {len(built)} tables compared")
for fault in faults:
    print(f"WRONG {fault}")
sys.exit(1 if faults else 0)
