#!/usr/bin/env bash
# Makes sure that a Docker engine answers. One that is there is used as it is,
# without root. Without one, Debian's docker.io is installed and started when we
# are root; it is left running. Everywhere else it fails and says why.
set -euo pipefail

say() { echo "engine: $*"; }
fail() { say "no Docker engine: $*" >&2; exit 3; }
version() { docker version --format '{{.Server.Version}}' 2>&1; }
reason() { version | tail -n 1; }

if found=$(version); then say "using Docker $found, which is there already"; exit; fi
[[ -z ${DOCKER_HOST:-} ]] || fail "nothing answers at DOCKER_HOST=$DOCKER_HOST: $(reason)"
[[ $(uname) == Linux ]] || fail "start Docker Desktop, then try again"
[[ $EUID == 0 ]] || fail "$(reason) (as root, this script would install and start one)"

log=$(mktemp -d)/dockerd.log
if ! command -v dockerd >/dev/null; then
  command -v apt-get >/dev/null || fail "this is no Debian; install Docker by hand"
  apt() { DEBIAN_FRONTEND=noninteractive apt-get "$@" >>"$log" 2>&1 </dev/null || fail "apt-get $1: $(tail -n 1 "$log")"; }
  say "installing Debian's docker.io (log: $log)"
  before=$SECONDS packages=(docker.io)
  apt update
  ! apt-cache show docker-cli >/dev/null 2>&1 || packages+=(docker-cli) # apart since Debian 13
  apt install -y --download-only "${packages[@]}"
  say "downloaded in $((SECONDS - before)) s"
  apt install -y "${packages[@]}"
fi
if ! version >/dev/null; then # the package starts the engine only where there is systemd
  setsid dockerd >>"$log" 2>&1 </dev/null &
  daemon=$!
  for ((i = 0; i < 120; i++)); do
    ! version >/dev/null || break
    kill -0 "$daemon" 2>/dev/null || fail "dockerd ended: $(tail -n 1 "$log")"
    sleep 0.5
  done
fi
found=$(version) || fail "dockerd does not answer after a minute, see $log"
say "started Docker $found and leave it running (log: $log, pid: $(cat /var/run/docker.pid))"
