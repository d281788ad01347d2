#!/bin/sh
# Builds the image of the FAKE Oracle database and loads it into the engine.
# usage: scripts/standin-image.sh [tag]      (oracle-standin:latest)
# Needs go and the docker command; no builder, no network beyond Go modules.
set -eu
cd "$(dirname "$0")/.."

tag=${1:-oracle-standin:latest}
arch=$(docker version --format '{{.Server.Arch}}')
case $arch in
  x86_64) arch=amd64 ;;
  aarch64) arch=arm64 ;;
esac

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

CGO_ENABLED=0 GOOS=linux GOARCH=$arch \
  go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=${STANDIN_VERSION:-dev}" \
  -o "$dir/oracle-standin" ./cmd/oracle-standin
go run ./cmd/oracle-standin/image -binary "$dir/oracle-standin" -arch "$arch" -tag "$tag" >"$dir/image.tar"
docker load --quiet --input "$dir/image.tar"
