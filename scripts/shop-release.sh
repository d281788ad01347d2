#!/usr/bin/env bash
# Makes a release of examples/shop with bin/pipeline, as a CI build does:
# shop-release.sh <version> <registry> <folder>; the folder gets <version>.json.
set -euo pipefail
cd "$(dirname "$0")/.."
version=$1 registry=$2 dir=$3/shop

mkdir -p "$dir/target"
cp examples/shop/Dockerfile examples/shop/.dockerignore "$dir"
CGO_ENABLED=0 go build -trimpath -ldflags "-X main.version=$version" -o "$dir/target/shop" ./examples/shop
printf 'name: shop\nversion: %s\nimage: {repository: %s/shop}\n' "$version" "$registry" >"$dir/pipeline.yaml"
bin/pipeline run --progress=quiet -C "$dir" --stage=image --allow-untested # a build of yours has itest before it
cp "$dir/.pipeline/out/release.json" "$3/$version.json"
