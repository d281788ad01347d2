#!/usr/bin/env bash
# Makes sure that the tests have a real registry: Debian's docker-registry. One
# on PATH is used; without one the package is downloaded by apt and unpacked
# into bin/, not installed, because its service would take port 5000.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { echo "registry: no docker-registry: $*" >&2; exit 3; }

if [[ -x bin/docker-registry ]] || command -v docker-registry >/dev/null; then exit; fi
command -v apt-get >/dev/null || fail "this is no Debian; put the program of github.com/distribution/distribution, version 2.8, on PATH under this name"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir"
log=$dir/log
try() { (cd "$dir" && DEBIAN_FRONTEND=noninteractive "$@" >>"$log" 2>&1 </dev/null); }

echo "registry: unpacking Debian's docker-registry into bin/"
if ! try apt-get download docker-registry; then # perhaps no package lists yet
  [[ $EUID == 0 ]] || fail "$(tail -n 1 "$log") (apt-get update needs root)"
  try apt-get update || fail "apt-get update: $(tail -n 1 "$log")"
  try apt-get download docker-registry || fail "apt-get download: $(tail -n 1 "$log")"
fi
try dpkg-deb -x "$dir"/docker-registry_*.deb unpacked || fail "dpkg-deb: $(tail -n 1 "$log")"
mkdir -p bin
mv "$dir/unpacked/usr/bin/docker-registry" bin/docker-registry
