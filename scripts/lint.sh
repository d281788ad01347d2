#!/usr/bin/env bash
# Formatting, vet and the linters over both modules, integration tests included.
set -euo pipefail
cd "$(dirname "$0")/.."
for folder in . examples/orders; do
  printf '\n== linters in %s\n' "$folder"
  (cd "$folder" && "$OLDPWD/bin/golangci-lint" run --config "$OLDPWD/.golangci.yml" --build-tags=integration --allow-parallel-runners ./...)
done
for script in scripts/*.sh .ci/run; do
  bash -n "$script"
  [[ $(wc -l <"$script") -le 40 ]] || { echo "$script: more than 40 lines" >&2; exit 1; }
done
