#!/usr/bin/env bash
# Builds an image with a Java 17 runtime FROM scratch: what jlink cuts from the
# JDK of this machine, and the system's libraries that it needs.
# usage: scripts/jre-image.sh [tag]      (orders-jre:17)
set -euo pipefail

tag=${1:-orders-jre:17}
modules=java.sql,java.naming,java.management,java.security.jgss,java.transaction.xa,jdk.httpserver,jdk.crypto.ec,jdk.net,jdk.unsupported
[[ $(uname) == Linux ]] || { echo "jre-image: jlink makes a runtime for the system it runs on; this needs Linux" >&2; exit 3; }
java=$(dirname "$(dirname "$(readlink -f "$(command -v jlink)")")")

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/root/opt" "$dir/root/etc"
install -d -m 1777 "$dir/root/tmp"
"$java/bin/jlink" --add-modules "$modules" --strip-java-debug-attributes --no-header-files --no-man-pages --compress=1 --output "$dir/root/opt/java"

# ldd names what the launcher and the runtime's own libraries load.
find "$dir/root/opt/java" \( -name '*.so' -o -path '*/bin/java' \) -exec ldd {} + |
  sed -n 's/.* => \(\/[^ ]*\).*/\1/p; s/^[[:space:]]*\(\/lib[^ ]*\).*/\1/p' | sort -u |
  grep -v "^$dir" | while read -r library; do
    install -D "$(readlink -f "$library")" "$dir/root$library"
  done
printf 'nobody:x:65534:65534::/tmp:/none\n' >"$dir/root/etc/passwd"

printf 'FROM scratch\nCOPY root /\nENV PATH=/opt/java/bin\n' >"$dir/Dockerfile"
docker build --quiet --tag "$tag" "$dir"
