#!/usr/bin/env bash
# Asks unmodified drivers the questions of conformance/features.txt, on the
# stand-in's container, and writes docs/conformance.md. Drivers come from the
# registries that pip, npm, Maven and Go are set up for; one that cannot be had
# is skipped, and the page stays as it was.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d) name=conformance-$$ here=$PWD/scripts/conformance
trap 'docker rm -fv "$name" >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
scripts/engine.sh
scripts/standin-image.sh oracle-standin:conformance >/dev/null
PASSWORD=p$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')
export PASSWORD ORACLE_PASSWORD=$PASSWORD APP_USER=app APP_USER_PASSWORD=$PASSWORD
docker run -d --name "$name" --label conformance="$$" -p 127.0.0.1::1521 -e ORACLE_PASSWORD -e APP_USER -e APP_USER_PASSWORD \
  -e STANDIN_SCRIPT=$'init 1ms\nuncompress 1ms\nmount 1ms\nopen 1ms\nreset 1ms\npdb 1ms\nuser 1ms\nsetup 1ms' oracle-standin:conformance >/dev/null
timeout 60 bash -c 'until docker logs "$0" 2>&1 | grep -q "IS READY TO USE"; do sleep 0.1; done' "$name"
port=$(docker port "$name" 1521/tcp | head -n 1)
at=(127.0.0.1 "${port##*:}" FREEPDB1 app)

# judge <driver> <command that gets it> <command that asks it>
judge() {
  echo "== $1"
  if ! timeout 180 bash -euc "$2" >"$work/$1.log" 2>&1; then
    printf 'skipped\t%s\t%s\n' "$1" "$(grep -im 1 error "$work/$1.log" | cut -c 1-120)" >"$work/$1.tsv"
  elif ! (cd "$work" && timeout 300 bash -euc "$3" asks "${at[@]}") >"$work/$1.tsv" 2>"$work/$1.log"; then
    tail -n 5 "$work/$1.log" >&2
  fi
}
maven() {
  judge "$1" "mvn -B -q dependency:copy -Dartifact=com.oracle.database.jdbc:$1:RELEASE -DoutputDirectory='$work/$1' && test -e $work/$1/$1-*.jar" \
    "java -cp '$work/$1/'$1-*.jar '$here/Check.java' \"\$@\""
}
judge go-ora "go build -o '$work/goora' ./scripts/conformance/goora" "./goora \"\$@\""
judge python-oracledb "python3 -m venv '$work/venv' && '$work/venv/bin/pip' install -q oracledb" "venv/bin/python '$here/check.py' \"\$@\""
judge node-oracledb "npm install --loglevel=error --no-save --prefix '$work' oracledb@latest && test -e '$work/node_modules/oracledb'" "NODE_PATH='$work/node_modules' node '$here/check.js' \"\$@\""
maven ojdbc11
maven ojdbc17
go run ./scripts/conformance "$work" docs/conformance.md
