#!/bin/sh
# A login shell that records: put its path into /etc/shells and give it to a user with chsh -s.
# It is called as `-login-shell.sh`, or with `-c COMMAND` by su, cron and others.
# BLACKBOX_SOCKET names blackbox serve's socket; BLACKBOX the program; BLACKBOX_SHELL what really runs.
set -eu
shell=${BLACKBOX_SHELL:-/bin/bash}
if [ "${1:-}" = -c ]; then
  set -- "$shell" "$@"
else
  set -- "$shell" -l "$@"
fi
SHELL=$shell
export SHELL
exec "${BLACKBOX:-blackbox}" record -q --agent "$(id -un)" --resource "host:$(uname -n)" \
  --purpose login --to "${BLACKBOX_SOCKET:-/run/blackbox/ingest.sock}" -- "$@"
