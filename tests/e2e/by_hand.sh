#!/usr/bin/env bash
# Follows README.md's section "Each binary by hand" line by line, each program as in a terminal of its own, then presses Ctrl-C.
# Only ports and folders are moved, by the environment, so that two runs do not meet.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/support/check.sh disable=SC1091
. tests/support/check.sh
shared=${TLC_SHARED:-$PWD/../shared}
work=$(mktemp -d /tmp/taxi-hand-XXXXXX)
export TLC_RUN=$work/run TLC_ANY_PORT=1
unset KAFKA_BROKERS DATABASE_URL
pids=() names=()

clean_up() {
    local status=$? pid
    trap - EXIT
    [ $status -eq 0 ] || [ $status -eq 77 ] || tail -n 15 "$work"/*.log >&2 || true
    for pid in "${pids[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
    ./pipeline reset --yes >/dev/null 2>&1 || true
    rm -rf "$work"
    exit $status
}
trap clean_up EXIT

if [ -f "$shared/tlc/parquet/green_tripdata_2024-01.parquet" ]; then
    TLC_BASE_URL=file://$(cd "$shared/tlc/parquet" && pwd)
    export TLC_BASE_URL
else
    skip "no $shared/tlc, and the section replays a real month"
fi

# Where the programs listen and look for each other, instead of the default ports.
server=$(free_port) store=$(free_port) process=$(free_port) page=$(free_port) batch=$(free_port)
export SERVER_LISTEN=127.0.0.1:$server STORE_LISTEN=127.0.0.1:$store PROCESS_LISTEN=127.0.0.1:$process BATCH_LISTEN=127.0.0.1:$batch DASHBOARD_LISTEN=127.0.0.1:$page
export SERVER_URL=http://127.0.0.1:$server STORE_URL=http://127.0.0.1:$store PROCESS_URL=http://127.0.0.1:$process
export DASHBOARD_URL=http://127.0.0.1:$page DASHBOARD_DB=$work/dashboard.sqlite

start() { # a line, as in a terminal of its own
    local name=${1%% *}
    name=${name##*/}
    bash -c "set -m; exec $1" >"$work/$name.log" 2>&1 &
    pids+=($!)
    names+=("$name")
}
data_up() { curl -fsS "$DASHBOARD_URL/api/summary" | jq -e '.have_data and .figures.events > 0'; }
rows_up() { [ "$(psql -qXtA "$DATABASE_URL" -c 'select count(*) from trip_start')" -gt 0 ]; }

lines=0
while IFS= read -r line; do
    line=${line//\/tmp\/green/$work\/green}
    lines=$((lines + 1))
    printf '+ %s\n' "$line"
    case $line in
    eval*) eval "$line" ;;
    build/bin/preprocess* | ./pipeline* | data/*) bash -c "$line" >"$work/line.log" 2>&1 || failed "$line: $(cat "$work/line.log")" ;;
    *) start "$line" ;;
    esac
done < <(sed -n '/<!-- by hand -->/,/<!-- \/by hand -->/{/^<!--/d;/^```/d;p}' README.md)
[ $lines -ge 10 ] || failed "the section has only $lines lines"

await 60 "windows on the page" data_up
await 60 "rows in PostgreSQL" rows_up
# Ctrl-C in each terminal, the client's first.
for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
    kill -INT "${pids[i]}"
    status=0
    wait "${pids[i]}" || status=$?
    expected=0
    [ "${names[i]}" != producer-client ] || expected=130 # stopped before the month's end
    [ $status -eq $expected ] || failed "${names[i]} ended with $status after Ctrl-C"
done
pids=()
printf '%d lines followed, %d programs ended cleanly\n' $lines "${#names[@]}"
