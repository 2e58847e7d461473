#!/bin/sh
# sshd's ForceCommand: every interactive session and every command of this host is recorded.
# BLACKBOX_SOCKET names blackbox serve's socket; BLACKBOX the program.
set -eu
if [ -n "${SSH_ORIGINAL_COMMAND:-}" ]; then
  set -- "${SHELL:-/bin/sh}" -c "$SSH_ORIGINAL_COMMAND"
else
  set -- "${SHELL:-/bin/sh}" -l
fi
exec "${BLACKBOX:-blackbox}" record -q --agent "$(id -un)" --resource "ssh:$(uname -n)" \
  --purpose "ssh from ${SSH_CONNECTION:-somewhere}" --env SSH_CONNECTION,SSH_TTY,LANG \
  --to "${BLACKBOX_SOCKET:-/run/blackbox/ingest.sock}" -- "$@"
