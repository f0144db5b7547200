#!/usr/bin/env bash
# Follows README.md's section "Each binary by hand" line by line, each program as in a terminal of its own, then presses Ctrl-C.
# Before the replay and after it the audit holds: it asks programs by hand as it asks those of ./pipeline up.
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

end_last() { # Ctrl-C in the terminal opened last, and the exit status that is right
    local status=0
    kill -INT "${pids[-1]}"
    wait "${pids[-1]}" || status=$?
    [ $status -eq "$1" ] || failed "${names[-1]} ended with $status after Ctrl-C"
    unset 'pids[-1]'
    printf 'ok: %s ended\n' "${names[-1]}"
    unset 'names[-1]'
}
audit() { # when
    ./pipeline settle >"$work/audit.log" 2>&1 || failed "settle, $1: $(cat "$work/audit.log")"
    ./pipeline audit >"$work/audit.log" 2>&1 || failed "audit, $1: exit status $?: $(cat "$work/audit.log")"
    grep -q 'the ledger balances' "$work/audit.log" || failed "audit, $1, says nothing of a balance"
    printf 'ok: the ledger balances %s\n' "$1"
}

lines=0
while IFS= read -r line; do
    line=${line//\/tmp\/green/$work\/green}
    lines=$((lines + 1))
    printf '+ %s\n' "$line"
    [[ $line != build/bin/producer-client* ]] || audit "before any replay"
    case $line in
    eval*) eval "$line" ;;
    build/bin/preprocess* | ./pipeline* | data/*) bash -c "$line" >"$work/line.log" 2>&1 || failed "$line: $(cat "$work/line.log")" ;;
    *) start "$line" ;;
    esac
done < <(sed -n '/<!-- by hand -->/,/<!-- \/by hand -->/{/^<!--/d;/^```/d;p}' README.md)
[ $lines -ge 10 ] || failed "the section has only $lines lines"

await 60 "windows on the page" data_up
await 60 "rows in PostgreSQL" rows_up
end_last 130 # the client, stopped before the month's end
audit "after a replay"
ended=1
for ((; ${#pids[@]} > 0; ended++)); do end_last 0; done
printf '%d lines followed, %d programs ended cleanly\n' $lines $ended
