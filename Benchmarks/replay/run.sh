#!/bin/sh
# Replay of a long session, and its text beside asciinema's with an emulator of Debian's behind it, in one run:
# Benchmarks/replay/run.sh [MEGABYTES] [TEXT_MEGABYTES]      (1000 and 200 else)
# Needs python3; asciinema and tmux for the comparison. The session is recorded by the real recorder once and kept in
# $TMPDIR/blackbox-replay-bench.UID; delete that afterwards. BLACKBOX_BENCH_BIN names a directory with both programs built.
set -eu
megabytes=${1:-1000}
text=${2:-200}
here=$(cd "$(dirname "$0")" && pwd)
work=${TMPDIR:-/tmp}/blackbox-replay-bench.$(id -u)
mkdir -p "$work"
cd "$here/../.."
bin=${BLACKBOX_BENCH_BIN:-}
if [ -z "$bin" ]; then
  swift build -c release --scratch-path .build-release --product blackbox >&2
  swift build -c release --scratch-path .build-release --product replay-bench >&2
  bin=$(swift build -c release --scratch-path .build-release --show-bin-path)
fi
echo "== $(nproc) cores, load $(cut -d ' ' -f 1-3 /proc/loadavg)"
export BLACKBOX_STORE="$work/store" BLACKBOX_STATE="$work/state" XDG_CACHE_HOME="$work/cache"
[ -d "$work/store" ] || "$bin/blackbox" init "$work/store" --origin bench.example/replay >/dev/null

# A session of so many megabytes, made by the real recorder on a terminal of 80x24.
session() {
  if [ ! -s "$work/id-$1" ]; then
    python3 "$here/session.py" "$1" >"$work/output-$1"
    script -qec "stty cols 80 rows 24; '$bin/blackbox' record --agent bench -- cat '$work/output-$1'" /dev/null \
      >/dev/null </dev/null
    "$bin/blackbox" sessions --kind terminal -o id --limit 1 >"$work/id-$1"
  fi
  cat "$work/id-$1"
}

long=$(session "$megabytes")
file=$(find "$work/store/sessions" -name "$long*")
echo "== $megabytes MB of output, $(wc -c <"$file") bytes on disk"
rm -f "$work/snapshots"
echo "-- the first viewer"
"$bin/replay-bench" "$file" "$work/snapshots"
echo "-- the next one: snapshots of $(wc -c <"$work/snapshots") bytes"
"$bin/replay-bench" "$file" "$work/snapshots"
echo "-- the player on a terminal"
rm -rf "$work/store/snapshots"
python3 "$here/drive.py" "$bin/blackbox" "$long"
echo "-- and again"
python3 "$here/drive.py" "$bin/blackbox" "$long"

echo "== plain text of $text MB"
short=$(session "$text")
seconds() { awk "BEGIN { printf \"%.2f\", ($2 - $1) / 1e9 }"; }
begun=$(date +%s%N)
"$bin/blackbox" replay "$short" --plain >"$work/plain"
ours=$(seconds "$begun" "$(date +%s%N)")
echo "blackbox replay --plain: $ours s"
if command -v asciinema >/dev/null && command -v tmux >/dev/null; then
  cast=$work/cast-$text
  [ -s "$cast" ] || "$bin/blackbox" export "$short" --format cast2 >"$cast"
  begun=$(date +%s%N)
  # A pane keeps the limit that stood when it was made.
  echo "set -g history-limit 100000" >"$work/tmux.conf"
  tmux -L blackbox-bench -f "$work/tmux.conf" new-session -d -x 80 -y 24 \
    "asciinema cat '$cast'; echo \$? >'$work/status'; tmux -L blackbox-bench wait-for -S done; sleep 60"
  tmux -L blackbox-bench wait-for done
  tmux -L blackbox-bench capture-pane -p -S - >"$work/theirs"
  theirs=$(seconds "$begun" "$(date +%s%N)")
  tmux -L blackbox-bench kill-server
  # A player that refused the file would be the fastest of all.
  if [ "$(cat "$work/status")" != 0 ] || [ "$(wc -l <"$work/theirs")" -lt 1000 ]; then
    echo "asciinema cat did not play it: $(head -n 1 "$work/theirs")"
    exit 1
  fi
  echo "asciinema cat into tmux: $theirs s ($(awk "BEGIN { printf \"%.1f\", $theirs / $ours }") times as long)"
fi
