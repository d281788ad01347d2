#!/usr/bin/env bash
# Measures the wait for a database, the start from a snapshot and cancelled
# logins, against the stand-in on a real engine.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/engine.sh
scripts/standin-image.sh >/dev/null
go test -v -tags=integration,bench -count=1 -timeout=10m -run='^(TestBench|TestABootIsPaidOnce)' ./oracle | awk '
  /^RESULT / { results[++n] = $0; next }
  /^(---|ok|FAIL|panic)|_test.go:/ { print }
  /^(FAIL|panic)/ { broken = 1 }
  END { for (i = 1; i <= n; i++) print results[i]; exit broken || n != 5 }'
