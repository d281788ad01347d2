#!/usr/bin/env bash
# A release reaches production and no user notices: the shop behind HAProxy, 200
# requests a second. pipeline makes the releases; haddock brings 2.0.0 beside
# 1.0.0, gives it 10 % and then all new sessions, and waits for those on 1.0.0.
set -euo pipefail
cd "$(dirname "$0")/.."
work=/tmp/haddock-demo registry=127.0.0.1:18050 shop=127.0.0.1:18080 drawing=${DRAWING:-bin/rollout.svg}

say() { printf '\n== %s\n' "$*"; }
fail() { echo "demo-deploy: $*" >&2; exit 3; }
haddock() { bin/haddock --config examples/shop/haddock.yaml --env demo "$@"; }
listens() { (: <"/dev/tcp/${1%:*}/${1#*:}") 2>/dev/null; }
await() { for ((i = 0; i < 100; i++)); do ! "$@" >/dev/null 2>&1 || return 0; sleep 0.1; done; fail "in vain: $*"; }
sweep() { kill $(jobs -p) 2>/dev/null || :; wait; scripts/demo-deploy-sweep.sh $registry || :; rm -rf $work; }
for at in $registry $shop; do ! listens $at || fail "$at is taken: does another demo run?"; done
mkdir $work 2>/dev/null || fail "$work is there: remove it when no demo runs"
trap sweep EXIT; trap 'exit 130' INT; trap 'exit 131' QUIT; trap 'exit 143' TERM

say "set-up: engine, HAProxy, registry, binaries, two releases of the shop"
scripts/engine.sh && scripts/registry.sh && proxy=$(scripts/haproxy.sh)
CGO_ENABLED=0 go build -o bin/ ./cmd/pipeline ./cmd/haddock ./scripts/load
printf 'version: 0.1\nstorage: {filesystem: {rootdirectory: %s/images}}\nhttp: {addr: "%s"}\n' $work $registry >$work/registry.yml
PATH=$PWD/bin:$PATH docker-registry serve $work/registry.yml >$work/registry.log 2>&1 & await listens $registry
for version in 1.0.0 2.0.0; do scripts/shop-release.sh $version $registry $work; done

say "haddock init, and 1.0.0"
haddock init --haproxy-cfg $work/haproxy.cfg
"$proxy" -db -f $work/haproxy.cfg 2>$work/haproxy.log & await haddock locator check
haddock deploy --release $work/1.0.0.json
say "200 requests a second, and 2.0.0"
bin/load -url http://$shop/count -rate 200 -ttl 8s -svg "$drawing" -history $work/state/shop.demo.history >$work/load.txt & load=$!
sleep 6 # of nothing but 1.0.0, for the plot
haddock deploy --release $work/2.0.0.json
haddock status
sleep 3; kill -INT $load; wait $load && status=0 || status=$?
say "what users have noticed"
cat $work/load.txt; exit $status
