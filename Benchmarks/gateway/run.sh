#!/bin/bash
# The gateway stream beside a floor in C and the bare disk, in one run.  usage: Benchmarks/gateway/run.sh [BLACKBOX] [ROUNDS]
# Figures are medians of ROUNDS (5). Needs a quiet machine, cc, libzstd and libcrypto; files go to Benchmarks/gateway/out.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
blackbox=$(realpath "${1:-$here/../../.build/release/blackbox}")
rounds=${2:-5}
events=${EVENTS:-1000000} many=${SESSIONS:-10000} busy=1000
cd "$here"
out=$PWD/out
rm -rf "$out" && mkdir -p "$out"
for program in client floor disk size mcp; do
  "${CC:-cc}" -O2 -o "$out/$program" "$program.c" -lzstd -lcrypto
done
"${CC:-cc}" -O2 -shared -fPIC -o "$out/syncs.so" syncs.c
# Each session has its lock; what is left is for files, and for connections.
ulimit -n "$(ulimit -H -n)"
limit=$(ulimit -n)
if [[ $limit != unlimited && $limit -lt $((many + 2200)) ]]; then
  many=$((limit - 2200))
  echo "only $limit descriptors are allowed: $many sessions instead of ${SESSIONS:-10000}"
fi
server=
trap '[[ -n $server ]] && kill -9 $server 2>/dev/null; rm -rf "$out"/store "$out"/state "$out"/floor-files' EXIT

median() { sort -g | awk '{v[NR]=$1} END {print v[int((NR+1)/2)]}'; }
field() { awk -v name="$1" '{for (i = 1; i < NF; i++) if ($i == name) print $(i+1)}'; }
calc() { awk "BEGIN {printf \"%.$1f\", $2}"; }
resident() { awk '/VmRSS/ {print $2}' "/proc/$server/status"; }
ticks() { awk '{print $14 + $15}' "/proc/$server/stat"; }

start() {  # start: a server on a store of its own
  rm -rf "$out/store" "$out/state" "$out/s"
  export BLACKBOX_STORE=$out/store BLACKBOX_STATE=$out/state
  "$blackbox" init --origin bench.example.com/gateway >/dev/null
  again
}
again() {
  "$blackbox" serve -q --max-sessions "$many" --socket "$out/s" 2>>"$out/errors" &
  server=$!
  until [[ -S $out/s ]]; do sleep 0.01; done
}
stop() { kill -TERM $server && wait $server; server=; }
floor() {  # floor SESSIONS WINDOWLOG SYNC EVENTS
  rm -rf "$out/floor-files" "$out/f" && mkdir "$out/floor-files"
  "$out/floor" "$out/f" "$out/floor-files" 1 "$2" "$3" &
  local pid=$!
  "$out/client" stream "$out/f" "$1" "$4"
  wait $pid
}

echo "== events a second, $events events of about 300 bytes (medians of $rounds)"
printf '%-52s %12s %12s\n' '' 'wall' 'per CPU s'
stream() {  # stream NAME SESSIONS WINDOWLOG
  local name=$1 sessions=$2 window=$3
  for ((round = 0; round < rounds; round++)); do
    floor "$sessions" "$window" 0 "$events" >>"$out/$name.floor"
    floor "$sessions" "$window" 1 "$events" >>"$out/$name.synced"
    start
    "$out/client" stream "$out/s" "$sessions" "$events" >>"$out/$name.ours"
    stop
  done
  for who in floor synced ours; do
    wall=$(field events_per_s <"$out/$name.$who" | median) cpu=$(field events_per_cpu_s <"$out/$name.$who" | median)
    case $who in
      floor) base=$wall base_cpu=$cpu label="the floor in C, one core, no sync" ;;
      synced) label="the floor in C, synced as ours" ;;
      ours) label="blackbox serve" ;;
    esac
    printf '%-52s %12s %12s\n' "$sessions sessions: $label" "$wall" "$cpu"
  done
  printf '%-52s %12s %12s\n' "$sessions sessions: ratio to the floor without sync" \
    "$(calc 2 "$wall / $base")" "$(calc 2 "$cpu / $base_cpu")"
}
stream one 1 17
stream many $busy 14
for ((round = 0; round < rounds; round++)); do
  start
  "$out/client" stream "$out/s" 1 "$((events / 4))" 50 >>"$out/barriers"
  stop
done
echo "one session, every second event a barrier: $(field events_per_s <"$out/barriers" | median) events a second"

echo "== memory and a quiet load"
start
empty=$(resident)
mkfifo "$out/in"
"$out/client" idle "$out/s" "$many" <"$out/in" >"$out/ready" &
client=$!
exec 9>"$out/in"
until grep -q ready "$out/ready"; do sleep 0.1; done
sleep 8
full=$(resident)
echo "$many idle sessions: $(calc 1 "$full / 1024") MB resident, $(calc 2 "($full - $empty) / $many") KB each" \
  "(empty server $(calc 1 "$empty / 1024") MB)"
echo "$many live sessions, server killed: restart until it listens"
kill -9 $server && wait $server 2>/dev/null || true
exec 9>&-
wait $client 2>/dev/null || true
rm -f "$out/s"
began=$(date +%s%N)
again
echo "  $(calc 2 "($(date +%s%N) - $began) / 1e9") s wall, $(calc 2 "$(ticks) / $(getconf CLK_TCK)") s CPU"
stop
start
"$out/client" pace "$out/s" "$many" 20 >"$out/pace"
echo "$many sessions, an event each a second: $(calc 1 "100 * $(field cores <"$out/pace")") % of a core," \
  "acks p50 $(field p50 <"$out/pace") p99 $(field p99 <"$out/pace") ms"
stop
start
"$out/client" stream "$out/s" $busy "$events" >/dev/null &
client=$!
peak=0
while kill -0 $client 2>/dev/null; do
  now=$(resident)
  ((now > peak)) && peak=$now
  sleep 0.1
done
echo "$busy busy sessions: $(calc 1 "$peak / 1024") MB resident at most"
stop

echo "== acknowledgements, milliseconds"
for ((round = 0; round < rounds; round++)); do
  "$out/disk" syncfs "$out" $busy 20 >>"$out/syncfs"
  start
  "$out/client" pace "$out/s" $busy 8 >>"$out/acks"
  stop
  "$out/disk" fdatasync "$out" 300 >>"$out/fdatasync"
  start
  "$out/client" barrier "$out/s" 300 >>"$out/barrier"
  "$out/mcp" client 200 "$out/mcp" server >>"$out/mcp.bare"
  "$out/mcp" client 1000 "$out/syncs.so" "$blackbox" record -q --mcp --agent bench -- "$out/mcp" server >>"$out/mcp.ours"
  stop
done
of() { field "$1" <"$out/$2" | median; }
echo "one syncfs of $busy dirty files: p50 $(of p50 syncfs) p99 $(of p99 syncfs)"
echo "ack with $busy sessions: p50 $(of p50 acks) p99 $(of p99 acks); bar: 200 + 2 x $(of p50 syncfs) =" \
  "$(calc 1 "200 + 2 * $(of p50 syncfs)")"
echo "bare fdatasync of 4 KiB: p50 $(of p50 fdatasync) p99 $(of p99 fdatasync)"
echo "barrier alone: p50 $(of p50 barrier) p99 $(of p99 barrier); above the bare p99:" \
  "$(calc 2 "$(of p99 barrier) - $(of p99 fdatasync)")"
echo "MCP call without recorder: p50 $(of call_p50 mcp.bare) p99 $(of call_p99 mcp.bare); through it:" \
  "p50 $(of call_p50 mcp.ours) p99 $(of call_p99 mcp.ours)"
echo "call by call beyond its own sync: p50 $(of beyond_p50 mcp.ours) p99 $(of beyond_p99 mcp.ours)" \
  "(that sync: p50 $(of durable_p50 mcp.ours) p99 $(of durable_p99 mcp.ours))"

echo "== size on disk"
for sessions in 1 20 $busy; do
  start
  "$out/client" stream "$out/s" "$sessions" 200000 >/dev/null
  stop
  mapfile -t files < <(find "$out/store/sessions" -name '*.zst')
  ((sessions <= 48)) && window=17 || window=14
  "$out/size" 1 $window "${files[@]}" >"$out/size.txt"
  plain=0
  for file in "${files[@]}"; do plain=$((plain + $(zstd -dcq "$file" 2>/dev/null | zstd -3 -qc | wc -c))); done
  ours=$(field ours <"$out/size.txt") theirs=$(field libzstd <"$out/size.txt") commits=$(field commits <"$out/size.txt")
  echo "$sessions sessions: $ours bytes; ratio to libzstd from C with the same flushes, plus 128 a commit:" \
    "$(calc 4 "$ours / ($theirs + 128 * $commits)"); to one plain zstd -3 a session: $(calc 3 "$ours / $plain");" \
    "lines are $(calc 2 "$(field lines <"$out/size.txt") / $ours") times as long"
done
