#!/usr/bin/env bash
# The whole way on examples/orders: database up, tests green, database gone,
# image pushed, release handed over; then the image comes back by its digest
# and runs once. Installs an engine when none answers (scripts/engine.sh).
set -euo pipefail
cd "$(dirname "$0")/.."
project=examples/orders out=examples/orders/.pipeline/out
port=$(sed -n 's|^ *repository: *127\.0\.0\.1:\([0-9]*\)/.*|\1|p' $project/pipeline.yaml)

say() { printf '\n== %s\n' "$*"; }
fail() { echo "demo: $*" >&2; exit 1; }
listens() { (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }
trap 'kill ${registry:-} 2>/dev/null || :; [[ -z ${relay:-} ]] || docker rm -f $relay >/dev/null || :' EXIT
trap 'exit 130' INT; trap 'exit 131' QUIT; trap 'exit 143' TERM
! listens || fail "port $port is taken: end what listens there, or change it in $project/pipeline.yaml"

say "set-up: engine, Go modules, binaries, the stand-in's image"
scripts/engine.sh & engine=$!
go mod download && go mod download -C $project
downloaded=$SECONDS
CGO_ENABLED=0 go build -o bin/ ./cmd/pipeline ./scripts/released github.com/google/go-containerregistry/cmd/registry
wait $engine || exit $?
scripts/standin-image.sh
bin/registry -port "$port" 2>bin/registry.log & registry=$!
for ((i = 0; i < 50; i++)); do ! listens || break; sleep 0.1; done
echo "demo: a registry in memory listens on 127.0.0.1:$port until the demo ends"
[[ $(uname) == Linux ]] || relay=$(scripts/relay.sh "$port") # the engine is in a VM

say "pipeline run -C $project"
bin/pipeline run -C $project

say "the image comes back from the registry, by its digest"
released=$(bin/released $out/release.json) tagged=${released% *} pinned=${released#* }
docker image rm --force "$tagged" >/dev/null 2>&1 || true # so that the pull has something to do
docker pull "$pinned"
docker run --rm "$pinned" --selfcheck
left=$(docker ps -aq --filter "label=pipeline.run-id=$(sed -n 's/^runId=//p' $out/bamboo.properties)")
[[ -z $left ]] || fail "containers are left: $left"
say "done in $SECONDS s, of which $downloaded s for Go modules; no container is left"
printf 'image   %s\ntag     %s\ndigest  %s (also what the registry says)\n' "${tagged%:*}" "${tagged##*:}" "${pinned#*@}"
