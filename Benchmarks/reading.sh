#!/bin/bash
# What asking costs as a whole command, its record included, medians of N runs each beside a bare fdatasync:
# one session shown; one agent's last day among a million sessions; and, in a store of generate-store, the first 100
# hits of text searches.
#
#   Benchmarks/reading.sh [BINARY] [N] [DIRECTORY of generate-store]
#
# The million sessions are filled into the index, not recorded, and the index is not brought up to date before they are
# asked for (--no-index): what that takes is measured by index/measure.py.
set -euo pipefail
binary=$(realpath "${1:-.build/release/blackbox}")
runs=${2:-51}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
export BLACKBOX_STORE=$place/store BLACKBOX_STATE=$place/state
"$binary" init --origin bench.example.com/reading --allow-no-audit >/dev/null
"$binary" record -q --agent bench -- true
python3 - "$binary" "$runs" "$place" "${3:-}" <<'END'
import os, sqlite3, statistics, subprocess, sys, time
binary, runs, place, generated = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]

def show(*more):
    begin = time.perf_counter()
    subprocess.run([binary, "show", "@last", *more], check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - begin) * 1000

def sync(file):
    begin = time.perf_counter()
    os.pwrite(file, os.urandom(512), 0)
    os.fdatasync(file)
    return (time.perf_counter() - begin) * 1000

show()  # The first reading of a day opens the session in the log.
file = os.open(place + "/probe", os.O_RDWR | os.O_CREAT)
rows = {"show, recorded": [], "show --no-audit": [], "write and fdatasync alone": []}
for _ in range(runs):  # Side by side, so that all see the same machine.
    rows["show, recorded"].append(show())
    rows["show --no-audit"].append(show("--no-audit"))
    rows["write and fdatasync alone"].append(sync(file))
def tell(rows):
    for name, times in rows.items():
        times.sort()
        print(f"{name:44} median {statistics.median(times):7.2f} ms   p95 {times[int(len(times) * .95)]:7.2f} ms")

def ask(arguments, store, state):
    environment = dict(os.environ, BLACKBOX_STORE=store, BLACKBOX_STATE=state)
    begin = time.perf_counter()
    result = subprocess.run([binary, *arguments], check=True, capture_output=True, env=environment)
    return (time.perf_counter() - begin) * 1000, result.stdout.count(b"\n")

tell(rows)

# A million sessions of a thousand agents over the last 30 days.
subprocess.run([binary, "index"], check=True, stdout=subprocess.DEVNULL)
fill = sqlite3.connect(place + "/store/index.sqlite")
fill.executemany("INSERT INTO identity(iid, who, kind, issuer, uid) VALUES(?,?,'agent','i',?)",
                 ((1 << 40 | n, n, f"agent-{n:05}") for n in range(1000)))
fill.execute("INSERT INTO resource(rid, kind, uid) VALUES(1, 'host', 'h')")
now, span = int(time.time() * 1e6), 30 * 86_400_000_000
fill.executemany(
    "INSERT INTO session(sid, uid, kind, agent, rid, start_us, t_last, n_events, n_denied, n_held, n_masked, n_gaps,"
    " n_recovered, n_withheld, bytes) VALUES(?,?,'terminal',?,1,?,1000,10,0,0,0,0,0,0,1000)",
    ((1 << 30 | n, f"0{n:025}", 1 << 40 | n * 7919 % 1000, now - span + n * span // 1_000_000)
     for n in range(1_000_000)))
fill.execute("INSERT INTO source(src, uid, is_due, verify)"
             " SELECT sid, uid, 0, 'OK' FROM session WHERE sid >= 1 << 30")
fill.commit()
fill.close()
question = ["sessions", "--agent", "agent-00500", "--last", "24h", "--all", "--no-index"]
rows = {"one agent's last day of 1,000,000 sessions": [], "the same --no-audit": [], "write and fdatasync alone": []}
found = 0
for _ in range(runs):
    took, found = ask(question, place + "/store", place + "/state")
    rows["one agent's last day of 1,000,000 sessions"].append(took)
    rows["the same --no-audit"].append(ask(question + ["--no-audit"], place + "/store", place + "/state")[0])
    rows["write and fdatasync alone"].append(sync(file))
print(f"{found - 1} sessions found")
tell(rows)

if generated:
    ask(["index"], generated + "/store", generated + "/state")
    for words in ("zebra-quartz", "build", "orders", "nowhere-at-all"):
        question = ["search", "--grep", words, "--limit", "100", "-o", "id"]
        rows = {f"first 100 hits of {words!r}": []}
        for _ in range(runs):
            took, found = ask(question, generated + "/store", generated + "/state")
            rows[f"first 100 hits of {words!r}"].append(took)
        print(f"{found} hits found")
        tell(rows)
END
