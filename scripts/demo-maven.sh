#!/usr/bin/env bash
# The whole way on examples/orders-maven: Maven, JDBC, a Java runtime cut by
# jlink as the image's base; then once more by Maven's own command. Installs
# what is missing, as scripts/engine.sh does.
set -euo pipefail
cd "$(dirname "$0")/.."
project=examples/orders-maven out=examples/orders-maven/.pipeline/out
port=$(sed -n 's|^ *repository: *127\.0\.0\.1:\([0-9]*\)/.*|\1|p' $project/pipeline.yaml)

say() { printf '\n== %s\n' "$*"; }
fail() { echo "demo-maven: $*" >&2; exit 3; }
listens() { (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }
trap 'kill ${registry:-} 2>/dev/null || :' EXIT
trap 'exit 130' INT; trap 'exit 131' QUIT; trap 'exit 143' TERM
! listens || fail "port $port is taken: end what listens there, or change it in $project/pipeline.yaml"

say "set-up: engine, Maven and JDK, binaries, the stand-in's image, the Java base image"
scripts/maven.sh
scripts/engine.sh
CGO_ENABLED=0 go build -o bin/ ./cmd/pipeline ./scripts/released github.com/google/go-containerregistry/cmd/registry
scripts/standin-image.sh
scripts/jre-image.sh orders-jre:17
bin/registry -port "$port" 2>bin/registry-maven.log & registry=$!
for ((i = 0; i < 50; i++)); do ! listens || break; sleep 0.1; done

say "pipeline run -C $project"
bin/pipeline run -C $project

say "the image comes back from the registry, by its digest"
released=$(bin/released $out/release.json) tagged=${released% *} pinned=${released#* }
docker image rm --force "$tagged" >/dev/null 2>&1 || true # so that the pull has something to do
docker pull --quiet "$pinned"
docker run --rm "$pinned" --selfcheck

command=(mvn clean install -PbuildDockerImage,pushDockerImage)
say "${command[*]}   (in $project)"
PATH="$PWD/bin:$PATH" "${command[@]}" -B -q -Dmaven.install.skip=true -f $project
say "done in $SECONDS s"
printf 'image   %s\ntag     %s\ndigest  %s\n' "${tagged%:*}" "${tagged##*:}" "${pinned#*@}"
