#!/usr/bin/env bash
# How much of oracle, pipeline and registry the unit and integration tests run
# together. Binaries that the tests build and start count, too.
set -euo pipefail
cd "$(dirname "$0")/.."
goal=80 module=$(go list -m) folder=$PWD/coverage
subjects=(oracle pipeline registry)
packages=$(printf "$module/%s," "${subjects[@]}")

scripts/engine.sh
scripts/registry.sh
scripts/standin-image.sh
rm -rf "$folder" && mkdir -p "$folder/tests" "$folder/binaries"
export GOCOVERDIR=$folder/binaries
go test -tags=integration -count=1 -timeout=15m -coverpkg="${packages%,}" ./... -args -test.gocoverdir="$folder/tests" |
  grep -v 'no test files' | sed 's/	coverage: .*//'

status=0
for subject in "${subjects[@]}"; do
  percent=$(go tool covdata percent -pkg="$module/$subject" -i="$folder/tests,$folder/binaries" |
    sed -n 's/.*coverage: \([0-9.]*\)%.*/\1/p')
  verdict=$(awk -v p="${percent:-0}" -v g=$goal 'BEGIN { print (p >= g) ? "ok" : "short" }')
  [[ $verdict == ok ]] || status=1
  echo "RESULT coverage-$subject ${percent:-0} % goal >=$goal $verdict"
done
exit $status
