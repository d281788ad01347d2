#!/usr/bin/env bash
# Measures the same Maven project three ways, beside a database that takes 20 s
# to boot. See scripts/bench-maven. ROUNDS=n for more or fewer than 5 rounds.
set -euo pipefail
cd "$(dirname "$0")/.."

if [[ -z ${REGISTRY:-} ]]; then exec scripts/with-registry.sh "$0"; fi
tidy() {
  docker image ls --quiet --filter 'reference=pipeline.invalid/snapshot/bench-maven' --filter "reference=$REGISTRY/demo/*" |
    sort -u | xargs -r docker image rm --force >/dev/null
}
trap tidy EXIT
scripts/maven.sh
scripts/engine.sh
scripts/standin-image.sh
scripts/jre-image.sh orders-jre:17
printf 'FROM oracle-standin:latest\nENV STANDIN_SCRIPT="open 20s"\n' | docker build --quiet --tag bench-maven/database:20s -
CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o bin/slim/pipeline ./cmd/pipeline
go build -o bin/bench-maven ./scripts/bench-maven
PATH="$PWD/bin/slim:$PATH" bin/bench-maven -registry "$REGISTRY" -rounds "${ROUNDS:-5}"
