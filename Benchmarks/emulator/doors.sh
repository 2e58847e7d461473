#!/bin/sh
# What stands around the emulator: `render` beside the emulator alone, and import of asciicast.
# Benchmarks/emulator/doors.sh [MEGABYTES OF RENDER] [MEGABYTES OF CAST] [ROUNDS]
# Needs python3. CPU seconds are of all threads, medians of the rounds; the store is thrown away.
set -eu
megabytes=${1:-50}
cast=${2:-200}
rounds=${3:-3}
here=$(cd "$(dirname "$0")" && pwd)
work=${TMPDIR:-/tmp}/blackbox-emulator-bench.$(id -u)
mkdir -p "$work"

cd "$here/../.."
swift build -c release --product emulator-bench >&2
swift build -c release --product blackbox >&2
programs=$(swift build -c release --show-bin-path)

median() {
  sort -n | sed -n "$((rounds / 2 + 1))p"
}

# seconds COMMAND…: wall and CPU seconds of it
seconds() {
  python3 - "$@" <<'PYTHON'
import os, subprocess, sys, time
start = time.monotonic()
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
wall = time.monotonic() - start
used = os.times()
print(f"{wall:.3f} {used.children_user + used.children_system:.3f}")
PYTHON
}

printf '%-12s %14s %14s %14s\n' "$megabytes MB" 'emulator MB/s' 'render MB/s' 'time, ratio'
for kind in mixed fullscreen plain; do
  stream=$work/$kind-$megabytes
  [ -s "$stream" ] || python3 "$here/streams.py" "$kind" "$((megabytes * 1000000))" "$stream"
  bytes=$(wc -c <"$stream")
  alone=$("$programs/emulator-bench" "$stream" "$rounds" | median)
  for form in text json; do
    cpu=$(for _ in $(seq "$rounds"); do
      seconds "$programs/blackbox" render --size 132x43 -o "$form" "$stream"
    done | cut -d' ' -f2 | median)
    awk -v kind="$kind $form" -v alone="$alone" -v cpu="$cpu" -v bytes="$bytes" 'BEGIN {
      speed = bytes / cpu / 1e6
      printf "%-12s %14.1f %14.1f %14.2f\n", kind, alone, speed, alone / speed
    }'
  done
done

source=$work/mixed-$megabytes
python3 "$here/casts.py" "$source" "$((cast * 1000000))" "$work/$cast.cast"
printf '\n%-12s %14s %14s\n' "$cast MB" 'wall MB/s' 'CPU MB/s'
for _ in $(seq "$rounds"); do
  rm -rf "$work/store" "$work/state"
  BLACKBOX_STORE=$work/store BLACKBOX_STATE=$work/state "$programs/blackbox" init >/dev/null
  BLACKBOX_STORE=$work/store BLACKBOX_STATE=$work/state \
    seconds "$programs/blackbox" import "$work/$cast.cast" --agent bench
done >"$work/import"
bytes=$(wc -c <"$work/$cast.cast")
wall=$(cut -d' ' -f1 "$work/import" | median)
cpu=$(cut -d' ' -f2 "$work/import" | median)
awk -v wall="$wall" -v cpu="$cpu" -v bytes="$bytes" 'BEGIN {
  printf "%-12s %14.1f %14.1f\n", "import v2", bytes / wall / 1e6, bytes / cpu / 1e6
}'
rm -rf "$work/store" "$work/state" "$work/$cast.cast"
