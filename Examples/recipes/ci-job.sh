#!/bin/sh
# A CI step: ci-job.sh COMMAND ARGS… The exit status is the command's own.
# Keep the store on a volume that outlives the job, and the state ($BLACKBOX_STATE) outside the workspace.
set -eu
: "${BLACKBOX_STORE:?where recordings go}" "${BLACKBOX_STATE:?where the key is}"
[ -e "$BLACKBOX_STORE/blackbox.json" ] ||
  "${BLACKBOX:-blackbox}" init --origin "${BLACKBOX_ORIGIN:-ci.example.com/$(uname -n)}" >/dev/null
exec "${BLACKBOX:-blackbox}" record -q --agent "${CI_JOB_NAME:-ci}" \
  --purpose "${CI_JOB_URL:-a CI job}" --title "$*" --redact default \
  --env CI_COMMIT_SHA,CI_PIPELINE_ID,GITHUB_SHA,GITHUB_RUN_ID -- "$@"
