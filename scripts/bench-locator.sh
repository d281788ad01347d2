#!/usr/bin/env bash
# Measures what it costs to count 100,000 sessions once a second: the share of
# one core that haddock takes, and that HAProxy takes to answer.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/haproxy.sh >/dev/null
go test -tags=integration -count=1 -run='^$' -bench='^BenchmarkSessions$' -benchtime=40x ./haddock/locator | awk '
  { print }
  /^FAIL/ { broken = 1 }
  /^BenchmarkSessions\// {
    split($1, name, /[\/-]/)
    for (i = 3; i < NF; i += 2) if ($(i + 1) ~ /cpu-ms/) {
      share[++n] = $i / 10 # milliseconds of a second, in per cent
      figure[n] = "locator-" name[2] "-" ($(i + 1) ~ /^our/ ? "haddock" : "haproxy")
    }
  }
  END {
    for (i = 1; i <= n; i++) {
      short = short || share[i] >= 5
      printf "RESULT %s %.1f %%-of-a-core goal <5 %s\n", figure[i], share[i], share[i] < 5 ? "ok" : "short"
    }
    exit broken || short || n != 6
  }'
