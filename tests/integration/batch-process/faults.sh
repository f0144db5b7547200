#!/usr/bin/env bash
# What a database can do to a run: restarted or crashed in the middle of a day, a disk that is full, another time zone, an older schema.
# The figures are whole afterwards and the run log says what happened.
# Usage: faults.sh BATCH_BINARY
set -euo pipefail
binary=$(realpath "${1:?usage: faults.sh BATCH_BINARY}")
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
# shellcheck source=tests/integration/batch-process/pg_database.sh disable=SC1091
. tests/integration/batch-process/pg_database.sh
tmpfs='' holder=''
faults_clean_up() {
    local status=$?
    [ -z "$holder" ] || kill "$holder" 2>/dev/null || true
    [ $status -eq 0 ] || tail -n 20 "$work"/*.log >&2 || true
    tests/support/pg_cluster.sh stop "$cluster"
    [ -z "$tmpfs" ] || { umount "$tmpfs" && rmdir "$tmpfs"; }
    rm -rf "$work"
    exit $status
}
trap faults_clean_up EXIT

pg_bin=${PG_BIN:-$(find /usr/lib/postgresql -maxdepth 2 -name bin | sort -V | tail -n 1)}
as_pg=()
[ "$(id -u)" -ne 0 ] || as_pg=(setpriv --reuid=postgres --regid=postgres --init-groups)
# fast: sessions are cut off; immediate: as when the machine loses power
server_restart() { # fast or immediate
    (cd / && "${as_pg[@]}" "$pg_bin/pg_ctl" -D "$cluster/data" -w -m "$1" -l "$cluster/server.log" restart) >>"$work/pg_ctl.log"
}
holds() { [ "$(sql "$1" 2>/dev/null)" = t ]; }
has() { # words, text, file
    grep -q -- "$2" "$3" || failed "$1: no \"$2\" in: $(tail -n 3 "$3")"
    printf 'ok: %s\n' "$1"
}
whole() { # words: nothing is marked, nothing is half made, everything is what the oracle says
    expect "$1: days that wait" 0 "$(sql 'select (select count(*) from dirty_day) + (select count(*) from batch_todo)')"
    expect "$1: half-made days" 0 "$(sql 'select count(*) from half_made')"
    expect "$1: differences" 0 "$(sql 'select count(*) from differences(100)')"
}

database_make
sql "select trips_add(1202403, 1, 400, 1), trips_add(2202411, 1, 400, 1)" >/dev/null
TZ=Asia/Tokyo "$binary" >"$work/first.log" 2>&1 # the machine's clock, and the server's, are not New York's
oracle_load
whole 'TZ=Asia/Tokyo'
sql "alter role taxi set timezone = 'Pacific/Kiritimati'; select trips_add(1202403, 500, 600, 1)" >/dev/null
TZ=America/Los_Angeles "$binary" >"$work/zone.log" 2>&1
whole 'another time zone of the server'

# In the middle of a day: its routes cannot be written as long as another session holds their table.
for how in fast immediate; do
    sql "select trips_add(1202403, ${#how}000, ${#how}400, 1), trips_add(1202404, ${#how}000, ${#how}400, 1)" >/dev/null
    psql -qX "$DATABASE_URL" -c 'begin; lock table route_day in exclusive mode; select pg_sleep(600)' >/dev/null 2>&1 &
    holder=$!
    await 60 'the table is locked' holds "select exists (select from pg_locks where relation = 'route_day'::regclass and mode = 'ExclusiveLock')"
    "$binary" --wait 1m >"$work/$how.log" 2>&1 &
    batch=$!
    await 60 'the run is in the middle of a day' holds "select exists (select from pg_locks where relation = 'route_day'::regclass and not granted)"
    server_restart "$how"
    wait "$holder" 2>/dev/null || true
    holder=''
    wait "$batch" || { printf 'FAILED: the run ended with %s\n' "$?" >&2; exit 1; }
    has "restart ($how): it waited" event=waiting "$work/$how.log"
    whole "restart ($how)"
    expect "restart ($how): the run log" 'it was cut off|' "$(sql "select string_agg(left(coalesce(error, ''), 14), '|' order by run_id) from (select run_id, error from batch_run order by run_id desc limit 2) r")"
done

# An older schema is brought up to date, or refused with the remedy where that is not wanted.
sql 'create table kept as table batch_version; delete from batch_version' >/dev/null
"$binary" --no-migrate --check >"$work/older.log" 2>&1 && status=0 || status=$?
expect 'an older schema: exit code' 78 "$status"
has 'an older schema: the remedy' 'start with --migrate' "$work/older.log"
sql 'insert into batch_version table kept; drop table kept' >/dev/null

# A full disk: the tables of the days are on a small one.
if [ "$(id -u)" -ne 0 ] || ! tmpfs=$(mktemp -d /tmp/tlc-full-XXXXXX) || ! mount -t tmpfs -o size=12m tmpfs "$tmpfs" 2>/dev/null; then
    [ -z "$tmpfs" ] || rmdir "$tmpfs"
    tmpfs=''
    printf 'SKIPPED: disk full: only root can mount a small one\n' >&2
    exit 77
fi
chown postgres "$tmpfs"
sql "create tablespace small location '$tmpfs'" >/dev/null
for table in day_stat day_total; do sql "alter table $table set tablespace small" >/dev/null; done
dd if=/dev/zero of="$tmpfs/ballast" bs=64k >/dev/null 2>&1 || true # whatever is left
sql "select trips_add(1202403, 20000, 26000, 1), trips_add(1202404, 20000, 26000, 1)" >/dev/null
"$binary" --wait 1s >"$work/full.log" 2>&1 && status=0 || status=$?
expect 'disk full: exit code when it stays so' 69 "$status"
has 'disk full: the words' 'No space left on device' "$work/full.log"
expect 'disk full: the run log has it' t "$(sql "select error like '%No space left%' from batch_run order by run_id desc limit 1")"
expect 'disk full: half-made days' 0 "$(sql 'select count(*) from half_made')"
"$binary" --wait 1m >"$work/room.log" 2>&1 &
batch=$!
await 60 'the run finds the disk full' grep -q 'waiting.*No space left' "$work/room.log"
rm "$tmpfs/ballast"
wait "$batch" || { printf 'FAILED: the run ended with %s\n' "$?" >&2; exit 1; }
whole 'disk full, then room again'
