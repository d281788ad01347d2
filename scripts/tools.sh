#!/usr/bin/env bash
# Builds the linter and gotestsum into bin/, and installs Debian's C compiler,
# which the race detector needs, when there is none and we are root.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v "$(go env CC)" >/dev/null; then
  if ! command -v apt-get >/dev/null || [[ $EUID != 0 ]]; then
    echo "tools: no C compiler ($(go env CC)), which go test -race needs" >&2
    exit 3
  fi
  echo "tools: installing Debian's gcc for the race detector"
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev; } >/dev/null </dev/null
fi
[[ -x bin/golangci-lint && -x bin/gotestsum ]] || echo "tools: building golangci-lint and gotestsum into bin/ (two minutes the first time)"
mkdir -p bin
go build -C scripts/tools -o "$PWD/bin/" tool
