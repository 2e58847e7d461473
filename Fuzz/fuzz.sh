#!/bin/sh
# Fuzzes the emulator: Fuzz/fuzz.sh [SECONDS] [MORE libFuzzer OPTIONS], ten minutes if not told.
# The corpus grows in Fuzz/corpus; an input that breaks a promise is left in Fuzz/crash-*.
set -eu
cd "$(dirname "$0")"
seconds=${1:-600}
[ $# -eq 0 ] || shift
swift build -c release --sanitize fuzzer
mkdir -p corpus
# The backtrace of Swift would keep libFuzzer from saving the input.
export SWIFT_BACKTRACE=enable=no
exec "$(swift build -c release --sanitize fuzzer --show-bin-path)/TerminalFuzz" \
  -max_total_time="$seconds" -max_len=2048 -timeout=10 -rss_limit_mb=1024 \
  -dict=sequences.dict -artifact_prefix=./ "$@" corpus seeds
