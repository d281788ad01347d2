#!/usr/bin/env bash
# Builds bin/slim/pipeline: the same program as `go build` makes, without
# symbols and a third smaller. Two things make up the difference: grpc's request
# tracing, a debug page that no one opens here and for which the linker would
# keep every method of every type; and the width of go-ora's tables, see
# slim/tables.awk. An argument is another place for the program.
set -euo pipefail
cd "$(dirname "$0")/.."

out=${1:-bin/slim/pipeline} module=github.com/sijms/go-ora/v2 dir=bin/slim
table=converters/string_conversion_new.go
origin=$(go list -m -f '{{.Dir}}' "$module")
rm -rf "$dir/go-ora"
mkdir -p "$dir/go-ora"
cp -R "$origin/." "$dir/go-ora/"
chmod -R u+w "$dir/go-ora"
awk -f scripts/slim/tables.awk "$origin/$table" >"$dir/go-ora/$table"
cp go.mod "$dir/slim.mod"
cp go.sum "$dir/slim.sum"
go mod edit -replace "$module=./$dir/go-ora" "$dir/slim.mod"

wide=$(go run ./scripts/slim) narrow=$(go run -modfile "$dir/slim.mod" ./scripts/slim)
if [[ $wide != "$narrow" ]]; then
  echo "slim: the narrowed tables of $module are not the same" >&2
  exit 1
fi
CGO_ENABLED=0 GOOS=${TARGETOS:-} GOARCH=${TARGETARCH:-} go build -modfile "$dir/slim.mod" -tags grpcnotrace -trimpath \
  -ldflags="-s -w${VERSION:+ -X main.version=$VERSION}" -o "$out" ./cmd/pipeline
