#!/usr/bin/env bash
# What haddock itself costs, beside the waiting for health and for sessions:
# time and memory of a deploy, an answer of status. Real engine, real HAProxy.
set -euo pipefail
cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT

scripts/engine.sh
scripts/registry.sh
scripts/haproxy.sh >/dev/null
go test -tags=integration,bench -count=1 -v -run='^TestHaddockCostsLittle$' ./haddock >"$log" 2>&1 && status=0 || status=1
grep '^RESULT' "$log" || { cat "$log"; exit 3; }
exit $status
