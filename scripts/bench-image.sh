#!/usr/bin/env bash
# Measures the image stage on a real engine and a registry of its own on
# loopback. See scripts/bench-image.
set -euo pipefail
cd "$(dirname "$0")/.."

if [[ -z ${REGISTRY:-} ]]; then exec scripts/with-registry.sh "$0"; fi
scripts/engine.sh
scripts/slim.sh bin/slim/pipeline
go build -o bin/bench-image ./scripts/bench-image
bin/bench-image -pipeline "$PWD/bin/slim/pipeline" -registry "$REGISTRY"
