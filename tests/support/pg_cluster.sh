#!/usr/bin/env bash
# A private PostgreSQL cluster on a Unix socket, as a CTest fixture: see pg.cmake.
# Usage: pg_cluster.sh start|stop DIR       exits 77 where PostgreSQL's server is not installed
set -euo pipefail
verb=${1:?usage: pg_cluster.sh start|stop DIR} dir=${2:?usage: pg_cluster.sh start|stop DIR}
bin=${PG_BIN:-$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)}
[ -x "$bin/initdb" ] || { printf 'SKIPPED: PostgreSQL is not installed\n' >&2; exit 77; }

# It refuses to run as root.
as_pg() {
    if [ "$(id -u)" -eq 0 ]; then
        (cd / && setpriv --reuid=postgres --regid=postgres --init-groups "$@")
    else
        "$@"
    fi
}

stop() {
    [ ! -f "$dir/data/postmaster.pid" ] || as_pg "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null || true
    rm -rf "$dir"
}

stop # what an interrupted run left behind
[ "$verb" = start ] || exit 0
mkdir -p "$dir"
[ "$(id -u)" -ne 0 ] || chown postgres "$dir"
as_pg "$bin/initdb" -D "$dir/data" -U taxi -A trust -E UTF8 --no-locale --no-sync >"$dir.log" 2>&1 || { cat "$dir.log" >&2; exit 1; }
as_pg "$bin/pg_ctl" -D "$dir/data" -w -l "$dir/server.log" \
    -o "-k $dir -c listen_addresses= -c fsync=off -c max_connections=50" start >/dev/null
rm -f "$dir.log"
