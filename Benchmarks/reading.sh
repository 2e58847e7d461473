#!/bin/bash
# What recording a reading costs: `show` with its record and without, medians of N runs each, and a bare fdatasync.
# Usage: Benchmarks/reading.sh [BINARY] [N]
set -euo pipefail
binary=$(realpath "${1:-.build/release/blackbox}")
runs=${2:-51}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
export BLACKBOX_STORE=$place/store BLACKBOX_STATE=$place/state
"$binary" init --origin bench.example.com/reading --allow-no-audit >/dev/null
"$binary" record -q --agent bench -- true
python3 - "$binary" "$runs" "$place" <<'END'
import os, statistics, subprocess, sys, time
binary, runs, place = sys.argv[1], int(sys.argv[2]), sys.argv[3]

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
for name, times in rows.items():
    times.sort()
    print(f"{name:28} median {statistics.median(times):7.2f} ms   p95 {times[int(len(times) * .95)]:7.2f} ms")
END
