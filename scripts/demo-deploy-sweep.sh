#!/usr/bin/env bash
# Removes what demo-deploy.sh has made on the engine, found by its own names:
# demo-deploy-sweep.sh <registry>
set -euo pipefail

docker ps -aq --filter label=haddock.service=shop --filter label=haddock.env=demo | xargs -r docker rm -f >/dev/null
docker network rm haddock-shop-demo >/dev/null 2>&1 || :
docker images --format '{{.ID}} {{.Repository}}' | awk -v r="$1/shop" '$2 == r { print $1 }' | sort -u | xargs -r docker rmi -f >/dev/null
