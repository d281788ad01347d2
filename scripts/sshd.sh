#!/usr/bin/env bash
# Makes sure that the tests have a real ssh server: OpenSSH's sshd. One that is
# there is used as it is. Without one, Debian's openssh-server is installed when
# we are root; its service is neither started nor enabled.
set -euo pipefail

fail() { echo "sshd: no ssh server: $*" >&2; exit 3; }

PATH=$PATH:/usr/sbin
if command -v sshd >/dev/null; then exit; fi
command -v apt-get >/dev/null || fail "this is no Debian; install OpenSSH's sshd by hand"
[[ $EUID == 0 ]] || fail "run apt-get install openssh-server (as root, this script would)"
log=$(mktemp) policy=/usr/sbin/policy-rc.d
trap 'rm -f "$log"' EXIT
if [[ ! -e $policy ]]; then # what packages ask before they start a service
  trap 'rm -f "$log" "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi
apt() { DEBIAN_FRONTEND=noninteractive apt-get "$@" >>"$log" 2>&1 </dev/null; }

echo "sshd: installing Debian's openssh-server, not as a service"
if ! apt install -y --no-install-recommends openssh-server; then # perhaps no package lists yet
  apt update || fail "apt-get update: $(tail -n 1 "$log")"
  apt install -y --no-install-recommends openssh-server || fail "apt-get install: $(tail -n 1 "$log")"
fi
if [[ -d /run/systemd/system ]]; then systemctl disable --quiet ssh; fi
