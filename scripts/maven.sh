#!/usr/bin/env bash
# Makes sure that there are Maven and a JDK with jlink; on Debian and as root it
# installs what is missing.
set -euo pipefail

fail() { echo "maven: needs Maven and a JDK 17 (mvn, javac, jlink): $*" >&2; exit 3; }
missing() { ! { command -v mvn && command -v javac && command -v jlink; } >/dev/null; }

missing || exit 0
[[ $EUID == 0 && -x $(command -v apt-get) ]] || fail "install them, or run this as root on Debian"
echo "maven: installing maven and openjdk-17-jdk-headless by apt"
log=$(mktemp)
apt() { DEBIAN_FRONTEND=noninteractive apt-get -qq "$@" >>"$log" 2>&1 </dev/null || fail "apt-get $1: $(tail -n 1 "$log")"; }
apt update
apt install -y --no-install-recommends maven openjdk-17-jdk-headless
