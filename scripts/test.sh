#!/usr/bin/env bash
# Unit tests, linters, integration tests, in this order; the last lines count
# the tests. Arguments choose some of: unit lint integration.
set -euo pipefail
cd "$(dirname "$0")/.."
[[ $# -gt 0 ]] || set -- unit lint integration
parts=" $* " counts=$(mktemp)
trap 'rm -f "$counts"' EXIT

wants() { [[ $parts == *" $1 "* ]]; }

# suite <name> <folder> <go test arguments>: runs tests and notes their number.
suite() {
  printf '\n== %s tests in %s\n' "$1" "$2"
  # shellcheck disable=SC2016 # gotestsum's child expands it
  (export COUNTS=$counts SUITE=$1 && cd "$2" && shift 2 && "$OLDPWD/bin/gotestsum" --format=pkgname --format-hide-empty-pkg \
    --junitfile="$OLDPWD/bin/reports/TEST-$SUITE-$(basename "$PWD").xml" \
    --post-run-command='sh -c "echo $SUITE $TESTS_TOTAL $TESTS_FAILED $TESTS_SKIPPED >>$COUNTS"' -- -race "$@")
}

scripts/tools.sh
if wants integration; then scripts/engine.sh & engine=$!; fi
if wants unit; then
  suite unit . ./...
  suite unit examples/orders ./...
fi
if wants lint; then scripts/lint.sh; fi
if wants integration; then
  wait "$engine" || exit $?
  scripts/registry.sh; scripts/sshd.sh; scripts/haproxy.sh >/dev/null
  scripts/maven.sh; scripts/browser.sh
  scripts/standin-image.sh
  files=$(grep -rl --include='*_test.go' --exclude-dir=examples '^//go:build integration' .)
  names=$(sed -n 's/^func \(Test[A-Za-z0-9_]*\)(.*/\1/p' $files | paste -sd '|' -)
  # shellcheck disable=SC2046 # a word per package
  suite integration . -tags=integration -count=1 -timeout=15m -run="^($names)\$" $(dirname $files | sort -u)
fi
printf '\n'
awk '{ n[$1] += $2; failed[$1] += $3; skipped[$1] += $4 } END { for (s in n)
  printf "%s: %d passed, %d failed, %d skipped\n", s, n[s] - failed[s] - skipped[s], failed[s], skipped[s] }' "$counts" | sort -r
