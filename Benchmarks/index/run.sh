#!/bin/sh
# The index's figures in one run: speed against SQLite from C, questions, size, the up-to-date check, a million
# sessions, and PostgreSQL and plain SQLite on the same data.
#
#   Benchmarks/index/run.sh [directory for stores; 3 GB] [small]
#
# `small` makes stores of a tenth: for steering, not for figures. PostgreSQL is left out where it is not installed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=${1:-$(mktemp -d /tmp/index-bench.XXXXXX)}
mkdir -p "$work"
scale=1
[ "${2:-}" = small ] && scale=10
cd "$root"
release=${BLACKBOX_RELEASE:-}
if [ -z "$release" ]; then
  swift build -c release --product blackbox >&2
  swift build -c release --product generate-store >&2
  release=$(swift build -c release --show-bin-path)
fi
blackbox=$release/blackbox
generate=$release/generate-store
cc -O2 -o "$work/floor" "$here/floor.c" -lsqlite3

seconds() { # command...: wall seconds on stdout, the command's output on stderr
  python3 -c 'import subprocess,sys,time
t=time.perf_counter(); subprocess.run(sys.argv[1:],check=True,stdout=sys.stderr)
print("%.3f" % (time.perf_counter()-t))' "$@"
}

echo "load $(cut -d' ' -f1-3 /proc/loadavg), $(nproc) cores, SQLite $(sqlite3 --version | cut -d' ' -f1)"
make_store() { # name, arguments...
  name=$1
  shift
  [ -f "$work/$name/expected.json" ] || { rm -rf "${work:?}/$name"; "$generate" "$@" "$work/$name" >&2; }
}
make_store all --sessions $((20000 / scale)) --events $((2000000 / scale)) --positives 20
make_store rows --only rows --sessions $((4000 / scale)) --events $((400000 / scale))
make_store terminals --only terminals --sessions $((400 / scale)) --events $((2000000 / scale))
for name in all rows terminals; do
  rm -f "$work/$name/store/index.sqlite"*
  BLACKBOX_STATE=$work/$name/state
  export BLACKBOX_STATE
  events=$(python3 -c "import json;print(json.load(open('$work/$name/expected.json'))['events'])")
  t=$(seconds "$blackbox" index --store "$work/$name/store" --no-text)
  size=$(stat -c %s "$work/$name/store/index.sqlite")
  echo "$name: $events events in $t s: $(python3 -c "print(int($events/$t))") events/s, $(python3 -c "print(int($size/$events))") bytes an event without search"
  if [ $name = rows ]; then
    "$work/floor" schema/index.sql "$work/$name/store/index.sqlite" "$work/floor.sqlite"
    rows=$(sqlite3 "$work/$name/store/index.sqlite" "SELECT count(*) FROM event")
    echo "rows: $(python3 -c "print(int($rows/$t))") event rows/s without search"
  fi
  x=$(seconds "$blackbox" index --store "$work/$name/store")
  size=$(stat -c %s "$work/$name/store/index.sqlite")
  echo "$name: texts and drawing in $x s, $(python3 -c "print(int($size/$events))") bytes an event with search"
  [ $name = rows ] && echo "rows: $(python3 -c "print(int($rows/($t+$x)))") event rows/s with trigrams"
done

echo "questions, median of 3 (day where they take a period):"
python3 "$here/questions.py" "$work/all/store/index.sqlite" "$work/all/expected.json" 3 || echo "not exact"
BLACKBOX_STATE=$work/all/state
sleep 3
"$blackbox" index --store "$work/all/store" >/dev/null
python3 "$here/measure.py" "$blackbox" "$work/all/store" "$work"
python3 "$here/alternatives.py" "$work/all/store" "$work"
