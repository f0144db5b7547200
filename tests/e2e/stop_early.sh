#!/usr/bin/env bash
# Every daemon is asked to stop at every tenth of its first two seconds, on real servers, while others join and leave the same groups:
# each ends with status 0, none by a signal, none with an assertion in its log. How far a daemon is at a moment is the machine's affair;
# what is asserted holds at any. Three members of consumer-process have a group of their own, which soon has shared out; consumer-store's
# are in one group with those of other moments, which hardly ever gets there.
# Usage: stop_early.sh [BUILD_DIR]
set -euo pipefail
build=$(realpath "${1:-build}")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/support/check.sh disable=SC1091
. tests/support/check.sh
[ -d "${TLC_DEPS:-.deps}/kafka" ] || skip "Kafka's jars are not here: run ./pipeline setup"
command -v java >/dev/null || skip "no Java"
[ -n "$(find /usr/lib/postgresql -maxdepth 3 -name initdb 2>/dev/null)" ] || skip "PostgreSQL's server is not installed"

bin=${TLC_BIN:-$build/bin}
at_once=7 # moments under way at the same time
work=$(mktemp -d "${TMPDIR:-/tmp}/taxi-stop-XXXXXX")
export TLC_RUN=$work/run TLC_ANY_PORT=1
unset KAFKA_BROKERS DATABASE_URL

clean_up() {
    local status=$?
    trap '' INT TERM
    trap - EXIT
    set +e
    wait
    ./pipeline reset --yes >>"$work/up.log" 2>&1 || cat "$work/up.log" >&2
    rm -rf "$work"
    exit $status
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# Whether the signal is caught: bit 14 of the blocked ones is SIGTERM, and it is no longer the shell that has it blocked.
catches_term() { # pid, program
    local mask
    [ "/proc/$1/exe" -ef "$bin/$2" ] || return 1
    mask=$(sed -n 's/^SigBlk:\s*//p' "/proc/$1/status" 2>/dev/null) || return 1
    [ -n "$mask" ] && [ $((16#${mask: -4} & 1 << 14)) -ne 0 ]
}

# What is wrong with how a daemon ended; nothing is.
verdict() { # log, status, caught before the signal was sent
    if [ "$2" -ne 0 ] && { [ "$2" -ne 143 ] || [ "$3" -eq 1 ]; }; then
        printf 'exit status %s\n' "$2"
    fi
    # What nobody catches yet ends a program that has said nothing.
    if [ "$2" -eq 143 ] && [ -s "$1" ]; then printf 'died of SIGTERM after it began\n'; fi
    grep -i 'assert\|Sanitizer\|runtime error' "$1" || true
}

# All daemons from the start to one moment of their lives.
moment() { # tenths of a second
    local dir=$work/$1 name pid status bad
    local -A pids=() programs=() caught=()
    mkdir "$dir"
    launch() { # name, program, options...
        "$bin/$2" "${@:3}" >"$dir/$1.log" 2>&1 </dev/null &
        pids[$1]=$! programs[$1]=$2
    }
    local process=(consumer-process --brokers "$KAFKA_BROKERS" --group "windows-$1" --dashboard http://127.0.0.1:9 --status-listen 127.0.0.1:0)
    local store=(consumer-store --brokers "$KAFKA_BROKERS" --group rows --database "$DATABASE_URL" --status-listen 127.0.0.1:0)
    launch process-1 "${process[@]}"
    launch process-2 "${process[@]}"
    launch process-named "${process[@]}" --instance "windows-$1"
    launch store-1 "${store[@]}"
    launch store-named "${store[@]}" --instance "rows-$1"
    launch server producer-server --listen 127.0.0.1:0 --brokers "$KAFKA_BROKERS"
    launch dashboard dashboard --listen 127.0.0.1:0 --db "$dir/windows.db" --database "$DATABASE_URL"
    launch batch batch-process --every 1s --database "$DATABASE_URL" --status-listen 127.0.0.1:0
    sleep "$(($1 / 10)).$(($1 % 10))"
    for name in "${!pids[@]}"; do
        caught[$name]=0
        ! catches_term "${pids[$name]}" "${programs[$name]}" || caught[$name]=1
        kill -TERM "${pids[$name]}" 2>/dev/null || true
    done
    for name in "${!pids[@]}"; do
        pid=${pids[$name]} status=0
        timeout 60 tail -s 0.1 --pid="$pid" -f /dev/null || kill -KILL "$pid" # it hangs: its status says so
        wait "$pid" || status=$?
        bad=$(verdict "$dir/$name.log" "$status" "${caught[$name]}")
        [ -z "$bad" ] || { printf '%s, stopped after %s tenths: %s\n' "$name" "$1" "$bad"; tail -n 5 "$dir/$name.log"; } >>"$dir/bad"
        printf '%s\n' "$status" >>"$dir/statuses"
    done
}

./pipeline up postgres kafka >"$work/up.log" 2>&1 || { cat "$work/up.log" >&2; exit 1; }
eval "$(./pipeline env)"
"$build/tests/topic_feed" "$KAFKA_BROKERS" trips 12 1202401 1 2000 0 0 >/dev/null

for ((tenth = 0; tenth <= 20; tenth++)); do
    while [ "$(jobs -pr | wc -l)" -ge $at_once ]; do wait -n || true; done
    moment $tenth &
done
wait
cat "$work"/*/bad >&2 2>/dev/null && failed "daemons that did not end well are listed above"
ended=$(cat "$work"/*/statuses | wc -l)
expect "daemons that ended well" $((21 * 8)) "$ended"
printf 'of them before they caught the signal: %s\n' "$(cat "$work"/*/statuses | grep -c 143 || true)"
