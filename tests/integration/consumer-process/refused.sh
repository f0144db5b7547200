#!/usr/bin/env bash
# consumer-process with the real dashboard behind it: more sources than ever were, the dashboard's file deleted while it is in use, and a
# dashboard that is full. No window is sent for ever, nothing stands still, and in the end the same windows are there.
# Usage: refused.sh BUILD_DIR
set -euo pipefail
# shellcheck disable=SC2034 # for the script that is sourced below
TLC_BUILD=$(realpath "${1:?usage: refused.sh BUILD_DIR}")
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
# shellcheck source=tests/support/process.sh disable=SC1091
. tests/support/process.sh

dashboard_port=$(choose_port $((20000 + RANDOM % 12000)) DASHBOARD_PORT)
dashboard_url=http://127.0.0.1:$dashboard_port
receiver_port[page]=$dashboard_port
dashboard_start() { # file, options...
    local db=$TLC_RUN/$1.sqlite
    shift
    start dashboard "$TLC_BIN/dashboard" --listen "127.0.0.1:$dashboard_port" --db "$db" --poll 200ms \
        --server-url '' --store-url '' --process-url "${process_url[a]:-}" "$@"
    await 20 "the dashboard listens" get "$dashboard_url/healthz"
}
dashboard_stop() {
    kill -TERM "$(pid_of dashboard)"
    await 10 "the dashboard ends" not_running dashboard
}
page() { get "$dashboard_url/status" | jq -c "$1"; }
page_says() { [ "$(page "$1")" = true ]; }
ready_is() { [ "$(curl -s -o "$TLC_RUN/ready" -w '%{http_code}' --max-time 5 "$1/readyz")" = "$2" ]; }
dump() { get "$dashboard_url/api/windows/dump"; }
same() { dump | cmp -s - "$TLC_RUN/windows"; }
balanced() { page_says ".ledger.window_events == $(status_of a .ledger.counted)"; }

# A trip of each of 300 sources, and one source with many windows.
sources=$(for year in $(seq 2010 2034); do for month in 01 02 03 04 05 06 07 08 09 10 11 12; do printf '1%d%s,' "$year" $month; done; done)
kafka_up
feed trips 4 "${sources%,}" 1 1 0 0 >"$TLC_RUN/sent-many.json"
feed trips 4 2202401 1 20000 0 0 >"$TLC_RUN/sent-one.json"
messages=$(jq -s 'map(.messages) | add' "$TLC_RUN"/sent-*.json)

dashboard_start first
process_start a refused page --commit 200ms
await 60 "all of $messages messages are taken" settled_at a "$messages"
await 10 "the sum of the windows is right" balanced
expect "sources on the page" 301 "$(get "$dashboard_url/api/summary" | jq '.sources | length')"
expect "refused" "[0,0]" "$(jq -nc "[$(status_of a .counters.windows_refused), $(page .ledger.refused_windows)]")"
await 10 "it is ready" ready_is "${process_url[a]}" 200
dump >"$TLC_RUN/windows"

# The file is deleted while nothing moves: seen at once, and the windows come again by themselves.
id=$(page .store_id)
rm "$TLC_RUN"/first.sqlite*
await 5 "the page is not ready" ready_is "$dashboard_url" 503
await 60 "the windows come again" same
await 10 "the sum is right again" balanced
await 10 "the page is ready again" ready_is "$dashboard_url" 200
[ "$(page .store_id)" != "$id" ]
expect "files gone" 1 "$(page .counters.files_gone)"

# A dashboard with room for 50 windows: the others are refused by name, and nothing waits for them.
dashboard_stop
dashboard_start second --windows 50
await 60 "everything is dealt with" settled_at a "$messages"
await 60 "the sum is right with the refused ones" balanced
expect "windows held" 50 "$(page .ledger.windows)"
page_says '.ledger.refused_windows > 300 and (.refused | length) == 20'
await 10 "consumer-process says so" ready_is "${process_url[a]}" 503
grep -q 'refused windows' "$TLC_RUN/ready"
says a '.state == "running: dashboard refused windows" and (.dashboard.refused | contains("larger --windows")) and .counters.posts_failed < 20'
grep -q 'event=windows_refused' "$TLC_RUN/log/process-a.log"
process_stop a
process_start a refused page --commit 200ms
await 20 "and after a restart" says a '.state == "running: dashboard refused windows" and .counters.windows_sent == 0'

# Started with room, it asks for what it refused.
dashboard_stop
dashboard_start second
await 60 "all windows are there" same
await 10 "the sum is right" balanced
await 10 "consumer-process is ready" ready_is "${process_url[a]}" 200

# Another width than the dashboard holds is no matter of waiting, and no matter of a window.
process_start b other page --window 1h
await 20 "the other width is refused" says b '.state == "waiting: dashboard refuses messages" and (.dashboard.trouble | contains("--window 900s"))'
await 10 "it is not ready" ready_is "${process_url[b]}" 503
says b '.counters.windows_refused == 0'
same
