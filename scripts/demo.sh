#!/bin/bash
# The whole road in one minute: record real programs, verify, tamper with a copy, ask, report, replay.
# usage: scripts/demo.sh [BLACKBOX]     everything it makes stays below demo/ and is made anew each time
set -euo pipefail
cd "$(dirname "$0")/.."
blackbox=$(realpath "${1:-.build/release/blackbox}")
demo=$PWD/demo
rm -rf "$demo"
mkdir -p "$demo/work"
export BLACKBOX_STORE=$demo/store BLACKBOX_STATE=$demo/state

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
run() { printf '$ blackbox %s\n' "$*"; "$blackbox" "$@"; }
expect() {  # expect <status> <command…>: the demo fails where the program does not do what is claimed
  local wanted=$1 status=0
  shift
  run "$@" || status=$?
  if ((status != wanted)); then
    echo "demo: exit $status where $wanted was expected: blackbox $*" >&2
    exit 1
  fi
}

say "A store: nothing but init ever makes one"
run init --origin demo.example.com/store1

say "A shell session, by deploy-bot for alice"
expect 0 record --agent deploy-bot --on-behalf-of https://idp.example.com#alice \
  --resource host:demo --purpose 'ticket 4711' -- \
  bash -c 'echo "disk and users:"; df -h / | tail -1; ls --color=always /; printf "grüße, 世界 👋\n"'

say "A full-screen program, by editor-bot"
printf 'port = 8080\nmode = "test"\n' >"$demo/work/service.conf"
if command -v vim >/dev/null; then
  expect 0 record --agent editor-bot -- vim -u NONE -N -c 'syntax on' -c 'redraw' -c 'sleep 500m' \
    -c '%s/test/production/' -c 'redraw' -c 'sleep 500m' -c 'wq' "$demo/work/service.conf" </dev/null
else
  # The replayer is a full-screen program too.
  expect 0 record --agent editor-bot -- "$blackbox" replay @last --timed --speed 4 </dev/null
fi

say "A scripted agent at work in a git repository, by release-bot"
cat >"$demo/work/agent.sh" <<'AGENT'
set -e
git init -q repo && cd repo
git config user.name release-bot && git config user.email release-bot@example.com
printf '#!/bin/sh\necho "hello from release 1"\n' > hello.sh && chmod +x hello.sh
git add hello.sh && git commit -qm 'A greeting'
sed -i 's/release 1/release 2/' hello.sh
git --no-pager diff --color=always
./hello.sh
git commit -qam 'Release 2' && git --no-pager log --oneline --color=always
AGENT
(cd "$demo/work" && expect 0 record --agent release-bot --on-behalf-of https://idp.example.com#bob \
  --resource git:demo/repo -- bash agent.sh)

say "The recording is plain data: stock zstd shows it, and its hash is the one in the log"
file=$(find "$BLACKBOX_STORE/sessions" -name '*.zst' | sort | tail -1)
if command -v zstd >/dev/null; then zstd -dcq "$file" | cut -c1-120; fi
echo "$(sha256sum <"$file" | cut -d' ' -f1)  $(basename "$file")"
grep -a '^sha256' "$BLACKBOX_STORE/log/entries" | tail -1

say "Verify the whole store"
expect 0 verify --all

say "Tamper with a copy: one bit of one recording"
cp -r "$BLACKBOX_STORE" "$demo/tampered"
copy=$(find "$demo/tampered/sessions" -name '*.zst' | sort | head -1)
at=$(($(stat -c %s "$copy") / 2))
byte=$(od -An -tu1 -j "$at" -N 1 "$copy")
printf "\\x$(printf %x $((byte ^ 1)))" | dd of="$copy" bs=1 seek="$at" conv=notrunc status=none
expect 3 verify --all --store "$demo/tampered"

say "Tamper again: delete a whole session"
rm "$copy"
expect 3 verify --all --store "$demo/tampered"

say "Who did what: sessions by agent"
expect 0 sessions
expect 0 sessions --agent release-bot -o json
expect 0 show @last

say "Secrets are replaced before anything is written, and passwords become a count"
expect 0 record --agent deploy-bot --redact default --input masked -- \
  bash -c 'echo "token ghp_abcdefghijklmnopqrstuvwxyz0123456789"; printf "the violet\e[31m-an\e[0mchor\n"'
expect 1 search --grep ghp_abc --fail-empty
expect 0 masking

say "What a terminal showed is found as it was shown, whatever colours or cursor moves drew it"
expect 0 search --grep violet-anchor --fail-empty

say "Questions, detections, and who asked all this"
expect 0 query agent-sessions -p agent=release-bot
expect 0 detect
expect 0 access
expect 0 doctor

say "A proof of the newest session, to be checked without this program"
expect 0 prove @last -f "$demo/last.tlog-proof"
head -2 "$demo/last.tlog-proof" | cut -c1-100

say "The report: a page for people, JSON for programs"
expect 0 report --since today -o html --out "$demo/report.html"
run report --since today -o json | head -20

say "Replay without keys: the final text of the agent's session"
expect 0 replay @last --plain

say "Replay in time, at four times its speed"
expect 0 replay @last --timed --speed 4

say "Done"
echo "Everything is in $demo: open report.html, or step through a session yourself:"
echo "  BLACKBOX_STORE=$demo/store BLACKBOX_STATE=$demo/state $blackbox replay @last"
