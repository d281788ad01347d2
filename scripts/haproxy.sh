#!/usr/bin/env bash
# Makes sure that HAProxy 2.6 or later is there and prints its path, alone on
# stdout. Without one, Debian's package is installed when we are root; the
# service that comes with it is not started. Everywhere else it fails and says why.
set -euo pipefail
export PATH=$PATH:/usr/sbin # where Debian has it, and not every user looks

say() { echo "haproxy: $*" >&2; }
fail() { say "no HAProxy: $*"; exit 3; }
version() { haproxy -v | sed -n '1s/^HA-\?Proxy version \([0-9.]*\).*/\1/p'; }

if ! command -v haproxy >/dev/null; then
  [[ $(uname) == Linux ]] || fail "install it by hand, such as: brew install haproxy"
  command -v apt-get >/dev/null || fail "this is no Debian; install it by hand"
  [[ $EUID == 0 ]] || fail "as root, this script would install Debian's package haproxy"
  log=$(mktemp)
  apt() { DEBIAN_FRONTEND=noninteractive apt-get "$@" >>"$log" 2>&1 </dev/null || fail "apt-get $1: $(tail -n 1 "$log")"; }
  policy=/usr/sbin/policy-rc.d
  say "installing Debian's haproxy (log: $log)"
  if [[ ! -e $policy ]]; then # its answer 101 keeps the package from starting a proxy on this machine
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy"
  fi
  apt update
  apt install -y --no-install-recommends haproxy
  say "installed $(version)"
fi
found=$(version)
[[ $(printf '2.6\n%s\n' "$found" | sort -V | head -n 1) == 2.6 ]] || fail "$found is older than 2.6"
command -v haproxy
