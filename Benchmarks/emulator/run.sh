#!/bin/sh
# The emulator and libvterm on the same streams, one after the other in one run, so that a busy
# machine slows both: Benchmarks/emulator/run.sh [MEGABYTES] [ROUNDS]
# Needs gcc, python3 and libvterm-dev. Prints the median of the rounds, MB per second of CPU.
set -eu
megabytes=${1:-50}
rounds=${2:-5}
here=$(cd "$(dirname "$0")" && pwd)
work=${TMPDIR:-/tmp}/blackbox-emulator-bench.$(id -u)
mkdir -p "$work"

cd "$here/../.."
swift build -c release --product emulator-bench >&2
ours=$(swift build -c release --show-bin-path)/emulator-bench
gcc -O2 -Wall -Wextra -Werror -o "$work/libvterm" "$here/libvterm.c" -lvterm

median() {
  sed -n "$((rounds / 2 + 1))p"
}

printf '%-12s %10s %10s %7s\n' stream blackbox libvterm ratio
for kind in mixed fullscreen plain; do
  stream=$work/$kind-$megabytes
  [ -s "$stream" ] || python3 "$here/streams.py" "$kind" "$((megabytes * 1000000))" "$stream"
  mine=$("$ours" "$stream" "$rounds" | median)
  theirs=$("$work/libvterm" "$stream" "$rounds" | median)
  printf '%-12s %10s %10s %7s\n' "$kind" "$mine" "$theirs" \
    "$(awk "BEGIN { printf \"%.1f\", $mine / $theirs }")"
done
