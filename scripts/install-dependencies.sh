#!/bin/bash
# Makes sure that the three system libraries and their headers are here; installs them only if not.
set -euo pipefail

missing=()
header() {  # header <file> <package>
  printf '#include <%s>\n' "$1" | "${CC:-cc}" -E -x c - >/dev/null 2>&1 || missing+=("$2")
}
if ! command -v "${CC:-cc}" >/dev/null; then
  if command -v clang >/dev/null; then CC=clang; else missing+=(gcc); fi
fi
header zstd.h libzstd-dev
header sqlite3.h libsqlite3-dev
header openssl/evp.h libssl-dev
command -v pkg-config >/dev/null || missing+=(pkg-config)
if ((${#missing[@]} == 0)); then exit 0; fi

echo "missing: ${missing[*]}" >&2
if ! command -v apt-get >/dev/null; then
  echo "install them with your system's package manager, then run make again" >&2
  exit 1
fi
as_root=()
if ((EUID != 0)); then as_root=(sudo); fi
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q </dev/null
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -q --no-install-recommends "${missing[@]}" </dev/null
