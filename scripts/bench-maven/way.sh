#!/usr/bin/env bash
# The best that bash can do with docker and Maven alone: the database boots
# while the project compiles, and is removed before the image is built.
# usage: way.sh TAG     in the project's folder
set -euo pipefail

password=$(od -An -N8 -tx1 /dev/urandom | tr -d ' ')
database=$(docker run --detach --env ORACLE_PASSWORD="$password" --env APP_USER=ORDERS --env APP_USER_PASSWORD="$password" \
  --publish 127.0.0.1::1521 bench-maven/database:20s)
remove() { docker rm --force --volumes "$database" >/dev/null; }
trap remove EXIT
mvn -B -q -DskipITs package
grep -q -m 1 'DATABASE IS READY TO USE!' < <(docker logs --follow "$database" 2>&1)
docker exec --interactive "$database" sqlplus -S -L "ORDERS/$password@//localhost:1521/FREEPDB1" <db/init/01_orders.sql >/dev/null
address=$(docker port "$database" 1521 | head -n 1)
export ORACLE_JDBC_URL=jdbc:oracle:thin:@//$address/FREEPDB1 ORACLE_USER=ORDERS ORACLE_PASSWORD=$password
mvn -B -q verify -DskipUTs '-P!database'
trap - EXIT
remove
if docker buildx version >/dev/null 2>&1; then export DOCKER_BUILDKIT=1; fi
docker build --quiet --build-arg BASE=orders-jre:17 --tag "$1" . >/dev/null 2>&1
docker push --quiet "$1" >/dev/null
