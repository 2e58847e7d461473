#!/bin/bash
# Side by side with peers, in one run, medians of five or more.  usage: Benchmarks/run.sh [BLACKBOX] [ROUNDS]
# Peers that are not installed are left out and named. Files go to Benchmarks/out.
# sudo is compared where this runs as root with BENCH_SUDO=1: a file in /etc/sudoers.d switches its log on meanwhile.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
blackbox=$(realpath "${1:-$here/../.build/release/blackbox}")
cd "$here"
rounds=${2:-5}
out=$PWD/out
rm -rf "$out" && mkdir -p "$out"
for program in outer-terminal bare-relay workload; do
  "${CC:-cc}" -O2 -o "$out/$program" "$program.c" -lutil
done
export BLACKBOX_STORE=$out/store BLACKBOX_STATE=$out/state
"$blackbox" init --origin bench.example.com/disk >/dev/null

median() { sort -g | awk '{v[NR]=$1} END {print v[int((NR+1)/2)]}'; }
have() { command -v "$1" >/dev/null; }

# measure NAME FILE COMMAND…: one round; wall and CPU are kept under NAME, the size of FILE too
measure() {
  local name=$1 file=$2
  shift 2
  local line
  line=$("$out/outer-terminal" "$@")
  read -r wall cpu _ status memory <<<"$line"
  if [[ $status != 0 ]]; then echo "bench: $name ended with $status" >&2; exit 1; fi
  echo "$wall" >>"$out/$name.wall"
  echo "$cpu" >>"$out/$name.cpu"
  echo "$memory" >>"$out/$name.memory"
  if [[ -n $file ]]; then
    if [[ $file == newest ]]; then file=$(find "$BLACKBOX_STORE/sessions" -name '*.zst' | sort | tail -1); fi
    du -s --apparent-size --block-size=1 "$file" | cut -f1 >"$out/$name.bytes"
    rm -rf "$file"
  fi
}

table() {  # table TITLE NAME…: the first name is what ratios are against
  local title=$1 base
  local rounds=$(wc -l <"$out/$2.wall")
  shift
  base=$(median <"$out/$1.wall")
  printf '\n%s (medians of %s)\n' "$title" "$rounds"
  printf '%-26s %9s %9s %9s %12s %9s\n' '' 'wall s' 'ratio' 'CPU s' 'bytes' 'KiB mem'
  for name in "$@"; do
    local wall cpu memory bytes=-
    wall=$(median <"$out/$name.wall")
    cpu=$(median <"$out/$name.cpu")
    memory=$(median <"$out/$name.memory")
    [[ -f $out/$name.bytes ]] && bytes=$(<"$out/$name.bytes")
    printf '%-26s %9.3f %9.2f %9.3f %12s %9s\n' "${name#*.}" "$wall" \
      "$(awk "BEGIN {print $wall / $base}")" "$cpu" "$bytes" "$memory"
  done
}

sudoers=
if have sudo && [[ $EUID == 0 && ${BENCH_SUDO:-} == 1 ]]; then
  sudoers=/etc/sudoers.d/blackbox-bench
  trap 'rm -f "$sudoers"' EXIT
  printf 'Defaults:root log_output, compress_io, iolog_dir="%s/sudo", iolog_file="log"\n' "$out" >$sudoers
  chmod 440 $sudoers
fi

size=$((200 * 1000 * 1000))
"$out/workload" log $size >"$out/log"
bulk=() lines=()
for ((round = 0; round < rounds; round++)); do
  measure bulk.script "$out/typescript" script -qc "cat $out/log" "$out/typescript"
  measure bulk.bare-relay '' "$out/bare-relay" cat "$out/log"
  measure bulk.blackbox newest "$blackbox" record -q --agent bench -- cat "$out/log"
  measure bulk.blackbox-redact newest "$blackbox" record -q --agent bench --redact default -- \
    cat "$out/log"
  if have asciinema; then
    measure bulk.asciinema "$out/cast" asciinema rec -q --overwrite -c "cat $out/log" "$out/cast"
  fi
  if have termrec; then
    measure bulk.termrec-zstd "$out/log.ttyrec.zst" termrec -e "cat $out/log" "$out/log.ttyrec.zst"
  fi
  if [[ -n $sudoers ]]; then measure bulk.sudo-zlib "$out/sudo" sudo -n cat "$out/log"; fi
  # These take half a second, and differ by a tenth from one to the next.
  for ((again = 0; again < 5; again++)); do
    measure lines.bare-relay '' "$out/bare-relay" "$out/workload" lines 200000
    measure lines.script "$out/typescript" script -qc "$out/workload lines 200000" "$out/typescript"
    measure lines.blackbox newest "$blackbox" record -q --agent bench -- "$out/workload" lines 200000
  done
  measure start.true '' true
  measure start.blackbox-disk '' "$blackbox" record -q --agent bench -- true
done
# Start to end beyond its syncs: the same on a file system where a sync costs nothing.
if memory=$(mktemp -d /dev/shm/blackbox-bench.XXXXXX 2>/dev/null); then
  export BLACKBOX_STORE=$memory/store BLACKBOX_STATE=$memory/state
  "$blackbox" init --origin bench.example.com/memory >/dev/null
  for ((round = 0; round < 4 * rounds; round++)); do
    measure start.blackbox-memory '' "$blackbox" record -q --agent bench -- true
  done
  rm -rf "$memory"
fi
names=(bulk.script bulk.bare-relay bulk.blackbox bulk.blackbox-redact)
if have asciinema; then names+=(bulk.asciinema); else echo "asciinema is not installed: left out"; fi
if have termrec; then names+=(bulk.termrec-zstd); else echo "termrec is not installed: left out"; fi
if [[ -n $sudoers ]]; then names+=(bulk.sudo-zlib); else echo "sudo needs root and BENCH_SUDO=1: left out"; fi
table "200 MB of log text as fast as it goes" "${names[@]}"
table "200,000 small writes" lines.bare-relay lines.script lines.blackbox
names=(start.true start.blackbox-disk)
[[ -f $out/start.blackbox-memory.wall ]] && names+=(start.blackbox-memory)
table "record -- true, start to end (memory: beyond its syncs)" "${names[@]}"
rm -f "$out/log"
