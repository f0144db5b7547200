#!/usr/bin/env bash
# PgBouncer before a private PostgreSQL cluster on a Unix socket, as a CTest fixture (pg.cmake) and in scripts. Clients find it by
# host=DIR port=6432; whoever they say they are, they are taxi to PostgreSQL.
# Usage: pgbouncer.sh start DIR CLUSTER_DIR transaction|session|statement CONNECTIONS [SETTING...] | stop DIR
#        exits 77 where PgBouncer is not installed; a SETTING is a line of pgbouncer.ini
set -euo pipefail
usage='usage: pgbouncer.sh start DIR CLUSTER_DIR MODE CONNECTIONS [SETTING...] | stop DIR'
verb=${1:?$usage} dir=${2:?$usage}
PATH=$PATH:/usr/sbin # where Debian has it
command -v pgbouncer >/dev/null || { printf 'SKIPPED: PgBouncer is not installed\n' >&2; exit 77; }

pid() { cat "$dir/pid" 2>/dev/null; }
gone() { ! kill -0 "$1" 2>/dev/null; }
stop() {
    local pid i
    if pid=$(pid) && kill -TERM "$pid" 2>/dev/null; then
        for ((i = 0; i < 200; i++)); do
            if gone "$pid"; then break; fi
            sleep 0.05
        done
        gone "$pid" || kill -KILL "$pid" 2>/dev/null || true
    fi
    rm -rf "$dir"
}

stop # what an interrupted run left behind
[ "$verb" = start ] || exit 0
cluster=${3:?$usage} mode=${4:?$usage} connections=${5:?$usage}
mkdir -p "$dir"
{
    printf '%s\n' '[databases]' "* = host=$cluster user=taxi" '[pgbouncer]' 'listen_addr =' "unix_socket_dir = $dir" 'listen_port = 6432' \
        'auth_type = any' "pool_mode = $mode" "default_pool_size = $connections" 'max_client_conn = 200' \
        "logfile = $dir/log" "pidfile = $dir/pid"
    printf '%s\n' "${@:6}"
} >"$dir/pgbouncer.ini"
as=() # it refuses to run as root
[ "$(id -u)" -ne 0 ] || { as=(setpriv --reuid=postgres --regid=postgres --init-groups) && chown -R postgres "$dir"; }
(cd / && "${as[@]}" pgbouncer -d -q "$dir/pgbouncer.ini")
for ((i = 0; i < 200; i++)); do
    [ ! -S "$dir/.s.PGSQL.6432" ] || exit 0
    sleep 0.05
done
printf 'pgbouncer.sh: it does not listen: %s\n' "$(tail -n 3 "$dir/log")" >&2
exit 1
