#!/usr/bin/env bash
# Builds what users install into dist/: static binaries of pipeline and haddock
# for Linux and macOS, each in an archive with its shell completions, and their
# checksums. An argument is the version (default: what git describes).
set -euo pipefail
cd "$(dirname "$0")/.."

version=${1:-$(git describe --tags --always --dirty)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -rf dist
mkdir -p dist "$work/completions"

VERSION=$version scripts/slim.sh "$work/pipeline"
CGO_ENABLED=0 go build -trimpath -ldflags="-s -w -X main.version=$version" -o "$work/haddock" ./cmd/haddock
for program in pipeline haddock; do
  for shell in bash zsh fish; do "$work/$program" completion "$shell" >"$work/completions/$program.$shell"; done
done

for platform in linux/amd64 linux/arm64 darwin/amd64 darwin/arm64; do
  name=pipeline-$version-${platform/\//-} os=${platform%/*} arch=${platform#*/}
  mkdir -p "$work/$name"
  VERSION=$version TARGETOS=$os TARGETARCH=$arch scripts/slim.sh "$work/$name/pipeline"
  CGO_ENABLED=0 GOOS=$os GOARCH=$arch go build -trimpath -ldflags="-s -w -X main.version=$version" -o "$work/$name/haddock" ./cmd/haddock
  cp -R LICENSE "$work/completions" "$work/$name/"
  # Sorted, without times and owners: the same commit gives the same archive.
  tar -C "$work" --sort=name --mtime="@$(git log -1 --format=%ct)" --owner=0 --group=0 --numeric-owner -cf - "$name" | gzip -n >"dist/$name.tar.gz"
done
(cd dist && sha256sum -- *.tar.gz >SHA256SUMS)
ls -l dist
