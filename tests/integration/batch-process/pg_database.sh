# A private PostgreSQL with consumer-store's tables, the row generator and the oracle, for shell tests. Everything ends with the script.
# shellcheck shell=bash
# Sourced from the repository root. Sets work (a temp folder), DATABASE_URL.

# shellcheck source=tests/support/check.sh disable=SC1091
. tests/support/check.sh
command -v psql >/dev/null || skip "no psql"
work=$(mktemp -d "${TMPDIR:-/tmp}/tlc-batch-XXXXXX")
cluster=$(mktemp -d /tmp/tlc-pg-XXXXXX)
clean_up() {
    local status=$?
    tests/support/pg_cluster.sh stop "$cluster"
    rm -rf "$work"
    exit $status
}
trap clean_up EXIT
trap 'exit 130' INT TERM
tests/support/pg_cluster.sh start "$cluster" || exit $?
export DATABASE_URL="host=$cluster user=taxi dbname=postgres"

sql() { psql -qXtA -v ON_ERROR_STOP=1 "$DATABASE_URL" -c "$1"; }
sql_file() { psql -qXtA -v ON_ERROR_STOP=1 "$DATABASE_URL" -f "$1" >/dev/null; }

database_make() {
    local file
    for file in consumer-store/schema/*.sql tests/integration/batch-process/rows.sql; do sql_file "$file"; done
}
# After batch-process has made its tables.
oracle_load() { sql_file tests/integration/batch-process/oracle.sql; }

# Opens the server on a free port of the loopback too; sets port.
listen_on_tcp() {
    local bin
    bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin | sort -V | tail -n 1)
    port=$(free_port)
    local as=()
    [ "$(id -u)" -ne 0 ] || as=(setpriv --reuid=postgres --regid=postgres --init-groups)
    (cd / && "${as[@]}" "${PG_BIN:-$bin}/pg_ctl" -D "$cluster/data" -w -m fast -l "$cluster/server.log" \
        -o "-k $cluster -c listen_addresses=127.0.0.1 -p $port -c fsync=off" restart) >/dev/null
    export DATABASE_URL="host=$cluster port=$port user=taxi dbname=postgres"
}
