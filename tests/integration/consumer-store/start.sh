#!/usr/bin/env bash
# consumer-store started where something is wrong: a clear message with the remedy, the right exit code, nothing half-done; and asked
# to stop while it waits. PostgreSQL is the cluster of tests/support/pg.cmake, Kafka is nowhere.
# Usage: start.sh BUILD_DIR
set -euo pipefail
store=$(realpath "${1:?usage: start.sh BUILD_DIR}")/bin/consumer-store
[ -n "${TLC_TEST_PG:-}" ] || { printf 'SKIPPED: no PostgreSQL cluster (run it by ctest)\n' >&2; exit 77; }
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
work=$(mktemp -d "${TMPDIR:-/tmp}/taxi-store-start-XXXXXX")
unset DATABASE_URL KAFKA_BROKERS TLC_TOKEN_FILE STORE_LISTEN
pids=()
databases=()
roles=()
clean_up() {
    local pid name
    for pid in "${pids[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
    for name in "${databases[@]}"; do admin "drop database if exists $name with (force)" || true; done
    for name in "${roles[@]}"; do admin "drop role if exists $name" || true; done
    [ ! -d "$work/pool" ] || tests/support/pgbouncer.sh stop "$work/pool"
    rm -rf "$work"
}
trap clean_up EXIT

admin() { psql -qXtA "$TLC_TEST_PG dbname=postgres" -c "$1"; }
database() { # options of CREATE DATABASE: sets name and url
    name=start_$$_${#databases[@]}
    databases+=("$name")
    admin "create database $name $*"
    url="$TLC_TEST_PG dbname=$name"
}
sql() { psql -qXtA "$url" -c "$1"; }

failed() { printf 'FAILED: %s\n' "$*" >&2; cat "$work/out" >&2; exit 1; }
ends() { # words, exit code, what it must say, options...
    local words=$1 code=$2 say=$3 status=0
    shift 3
    timeout 60 "$store" --brokers 127.0.0.1:1 --status-listen 127.0.0.1:0 "$@" >"$work/out" 2>&1 || status=$?
    [ $status -eq "$code" ] || failed "$words: exit code $status, not $code"
    grep -qF -- "$say" "$work/out" || failed "$words: does not say \"$say\""
    printf 'ok: %s\n' "$words"
}
run() { # options...: in the background; sets pid
    "$store" --brokers 127.0.0.1:1 --status-listen 127.0.0.1:0 "$@" >"$work/out" 2>&1 &
    pid=$!
    pids+=("$pid")
}
await() { # words, command...
    local until=$((SECONDS + 30)) words=$1
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $until ] || failed "$words"
        sleep 0.05
    done
}
ended() { ! grep -qsE '^State:\s+[^Z]' "/proc/$pid/status"; }
stops() { # words: by SIGTERM, with 0
    local status=0
    kill -TERM "$pid"
    await "$1: it does not end" ended
    wait "$pid" || status=$?
    [ $status -eq 0 ] || failed "$1: exit code $status"
    printf 'ok: %s\n' "$1"
}
address() { printf 'http://127.0.0.1:%s' "$(sed -n 's/.*event=started .*port=\([0-9]*\).*/\1/p' "$work/out")"; }
says() { [ "$(curl -s -o /dev/null -w '%{http_code}' "$(address)$1")" = "$2" ]; }

ends "an unknown option" 64 "--colour" --colour blue
ends "a number out of range" 64 "--batch" --batch 0
ends "nobody listens" 69 "is PostgreSQL up" --database "host=$work dbname=x" --connect-wait 300ms
ends "no such database" 78 "createdb" --database "$TLC_TEST_PG dbname=absent_$$"
ends "no connection string" 64 "--database" --database "colour=blue"

database
ends "no tables, and not to make any" 78 "--migrate" --database "$url" --no-migrate
ends "--check makes nothing" 78 "--migrate" --database "$url" --check
[ "$(sql "select to_regclass('trip_start') is null")" = t ] || failed "--check made tables"
ends "beyond loopback without a token" 78 "token" --database "$url" --status-listen 0.0.0.0:0

run --database "$url"
await "it starts without Kafka" grep -q event=started "$work/out"
await "alive" says /healthz 200
await "not ready" says /readyz 503
stops "asked to stop while Kafka is away"
ends "--check after that" 0 "schema version" --database "$url" --check

run --database "host=$work dbname=x" --connect-wait 1h
await "it waits for the database" grep -q event=database_away "$work/out"
stops "asked to stop while the database is away"

sql "insert into schema_version (version, name) values (99, '099_future')"
ends "tables of a newer program" 78 "version 99" --database "$url"
sql "delete from schema_version where version = 99; alter database $name set default_transaction_read_only = on"
ends "read-only" 78 "read-only" --database "$url"
database "encoding 'LATIN1' template template0"
ends "encoding" 78 "createdb -E UTF8" --database "$url"
[ "$(sql "select count(*) from pg_tables where schemaname = 'public'")" = 0 ] || failed "half-made tables"

# Rights. A role of its own, whom nothing was granted: PostgreSQL 15 and later give nobody the schema public.
admin "create role poor_$$ login"
roles+=("poor_$$")
database
poor=${url/user=taxi/user=poor_$$}
ends "nothing may be made in the schema public" 78 "CREATE SCHEMA poor_$$ AUTHORIZATION poor_$$" --database "$poor"
sql "revoke usage on schema public from public"
ends "no schema at all" 78 "no schema to make tables in" --database "$poor"
sql "create schema poor_$$ authorization poor_$$"
sql "revoke temporary on database $name from public"
ends "no temporary tables" 78 "GRANT TEMPORARY ON DATABASE $name" --database "$poor"
sql "grant temporary on database $name to public"
run --database "$poor"
await "it starts with a schema of its own" grep -q event=started "$work/out"
stops "asked to stop with a schema of its own"
ends "--check of it" 0 "schema version" --database "$poor" --check
ends "--check by who does not look there" 78 "trip_start is in schema poor_$$" --database "$url" --check
run --database "$url"
await "it says that there are tables elsewhere" grep -q "event=tables_elsewhere.*schema poor_$$" "$work/out"
await "and makes its own" grep -q event=started "$work/out"
stops "asked to stop beside another's tables"
sql "alter table poor_$$.trip_end enable row level security, force row level security"
ends "row-level security that binds the owner" 78 "would hide rows of trip_end" --database "$poor"

ends "a scheme of another tool" 64 "postgresql:// is meant" --database "postgresql+psycopg2://taxi:secret@127.0.0.1/taxi"
! grep -q secret "$work/out" || failed "the password stands in the log"

# Behind a pooler.
pooler() { # mode, connections: sets pooled
    tests/support/pgbouncer.sh start "$work/pool" "$(sed -n 's/.*host=\([^ ]*\).*/\1/p' <<<"$TLC_TEST_PG")" "$@"
    pooled="host=$work/pool port=6432 user=taxi dbname=$name"
}
PATH=$PATH:/usr/sbin
command -v pgbouncer >/dev/null || { printf 'SKIPPED: behind a pooler: PgBouncer is not installed\n' >&2; exit 77; }
chmod 755 "$work" # PgBouncer runs as another user
database
pooler statement 2
ends "a pooler that knows no transactions" 78 "pool_mode = transaction" --database "$pooled"
pooler transaction 1
ends "options that a pooler drops" 78 "set them by ALTER ROLE" --database "$pooled options=-csearch_path=x"
ends "no such database behind a pooler" 78 "createdb" --database "${pooled/dbname=$name/dbname=absent_$$}"
waits() { psql -qXtA "$pooled dbname=pgbouncer" -c 'show pools' | awk -F'|' -v name="$name" '$1 == name && $4 > 0' | grep -q .; }
hold() { # takes the pool's only connection, until fd 3 is closed
    rm -f "$work/hold" "$work/held"
    mkfifo "$work/hold"
    psql -qXtA "$pooled" <"$work/hold" >"$work/held" 2>&1 &
    pids+=($!)
    exec 3>"$work/hold"
    printf 'begin; select 1;\n' >&3
    await "the pool's only connection is taken" grep -q 1 "$work/held"
}
hold
run --database "$pooled"
await "it waits for a connection of the pool" waits
stops "asked to stop while the pool has no connection"
exec 3>&-
run --database "$pooled"
await "it starts when there is one" grep -q event=started "$work/out"
hold
await "its writers wait for a connection of the pool" waits
stops "asked to stop while its writers wait"
exec 3>&-
