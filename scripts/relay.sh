#!/usr/bin/env bash
# Starts the relay in the engine's virtual machine and prints its container's
# id: the engine's own 127.0.0.1:<port> then is this machine's.
set -euo pipefail
cd "$(dirname "$0")/.."
context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
CGO_ENABLED=0 GOOS=linux go build -o "$context/relay" ./scripts/relay
printf 'FROM scratch\nCOPY relay /relay\nENTRYPOINT ["/relay"]\n' >"$context/Dockerfile"
docker build --quiet --tag pipeline-demo-relay "$context" >/dev/null
docker run --detach --rm --network host pipeline-demo-relay "127.0.0.1:$1" "${2:-host.docker.internal}:$1"
