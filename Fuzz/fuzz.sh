#!/bin/sh
# Fuzzes the emulator or the importers:
#   Fuzz/fuzz.sh terminal|import [SECONDS] [MORE libFuzzer OPTIONS]    ten minutes if not told
#   Fuzz/fuzz.sh terminal|import keep    makes Fuzz/corpus/NAME.txt anew: small inputs that reach
#                                        all that was reached, for the tests to play
# What is found grows in Fuzz/found; an input that breaks a promise is left in Fuzz/crash-*.
set -eu
cd "$(dirname "$0")"
target=${1:-terminal}
[ $# -eq 0 ] || shift
case $target in
  terminal) program=TerminalFuzz dictionary=sequences.dict length=2048 ;;
  import) program=ImportFuzz dictionary=import.dict length=4096 ;;
  *) echo "fuzz.sh: wanted terminal or import, found $target" >&2; exit 2 ;;
esac
seconds=${1:-600}
[ $# -eq 0 ] || shift
swift build -c release --sanitize fuzzer --product $program
program="$(swift build -c release --sanitize fuzzer --show-bin-path)/$program"
mkdir -p "found/$target" corpus
# The backtrace of Swift would keep libFuzzer from saving the input.
export SWIFT_BACKTRACE=enable=no
if [ "$seconds" = keep ]; then
  kept=$(mktemp -d)
  "$program" -merge=1 -max_len=256 -rss_limit_mb=1024 "$kept" "seeds/$target" "found/$target"
  python3 corpus.py pack "$kept" "corpus/$target.txt" 120000
  rm -r "$kept"
  exit
fi
python3 corpus.py unpack "corpus/$target.txt" "found/$target"
exec "$program" -max_total_time="$seconds" -max_len=$length -timeout=10 -rss_limit_mb=1024 \
  -dict=$dictionary -artifact_prefix=./ "$@" "found/$target" "seeds/$target"
