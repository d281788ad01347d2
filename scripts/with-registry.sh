#!/usr/bin/env bash
# Runs a command with a real registry on loopback beside it, whose host:port is
# in REGISTRY; it is empty at first, and gone afterwards.
# usage: scripts/with-registry.sh COMMAND [ARGUMENT...]
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/registry.sh
dir=$(mktemp -d) daemon=
end() {
  if [[ -n $daemon ]]; then kill "$daemon" 2>/dev/null || true; wait "$daemon" 2>/dev/null || true; fi
  rm -rf "$dir"
}
trap end EXIT
program=bin/docker-registry
[[ -x $program ]] || program=docker-registry
for ((try = 0; try < 20; try++)); do
  port=$((20000 + RANDOM % 10000))
  printf 'version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\nstorage: {filesystem: {rootdirectory: %s}}\nhttp: {addr: "127.0.0.1:%s"}\n' \
    "$dir/data" "$port" >"$dir/config.yml"
  "$program" serve "$dir/config.yml" >"$dir/log" 2>&1 &
  daemon=$!
  for ((i = 0; i < 50; i++)); do
    ! curl -fsS -o /dev/null "http://127.0.0.1:$port/v2/" 2>/dev/null || break 2
    kill -0 "$daemon" 2>/dev/null || break # the port was taken
    sleep 0.1
  done
done
REGISTRY=127.0.0.1:$port "$@"
