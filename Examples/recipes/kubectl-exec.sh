#!/bin/sh
# In place of `kubectl exec`: kubectl-exec.sh [KUBECTL OPTIONS] POD -- COMMAND ARGS…
# What the terminal shows is recorded here, on the caller's side; BLACKBOX names the program.
set -eu
pod=
for word in "$@"; do
  case $word in
    --) break ;;
    -*) ;;
    *) pod=$word ;;
  esac
done
[ -n "$pod" ] || { echo "usage: $0 [KUBECTL OPTIONS] POD -- COMMAND" >&2; exit 2; }
context=$(kubectl config current-context 2>/dev/null || echo unknown)
tty=-i
[ -t 0 ] && tty=-it
exec "${BLACKBOX:-blackbox}" record -q --agent "${BLACKBOX_AGENT:-$(id -un)}" \
  --resource "kubernetes:$context/$pod" --redact default -- kubectl exec $tty "$@"
