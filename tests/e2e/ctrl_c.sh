#!/usr/bin/env bash
# Ctrl-C at several moments of ./pipeline demo: nothing is left running, and the next start is a good one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
work=$(mktemp -d /tmp/taxi-ctrl-c-XXXXXX)
export TLC_RUN=$work/run TLC_ANY_PORT=1
unset KAFKA_BROKERS DATABASE_URL

left() { # what still runs of this state: its pid files name everything that was started
    local file pid
    for file in "$TLC_RUN"/pid/*; do
        [ -f "$file" ] || continue
        read -r pid _ <"$file"
        [ ! -d "/proc/$pid" ] || grep -qs '^State:\sZ' "/proc/$pid/status" || printf '%s ' "${file##*/}"
    done
}
fail() {
    printf 'FAILED: %s\n' "$*" >&2
    tail -n 20 "$work"/demo.log >&2 || true
    exit 1
}
clean_up() {
    trap - EXIT
    [ -z "${demo:-}" ] || kill -KILL -- "-$demo" 2>/dev/null || true
    ./pipeline reset >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap clean_up EXIT
wait_for() { # words, seconds, command...
    local words=$1 i seconds=$2
    shift 2
    for ((i = 0; i < seconds * 20; i++)); do
        "$@" >/dev/null 2>&1 && return 0
        sleep 0.05
    done
    fail "waited $seconds s for: $words"
}
says() { grep -qF "$1" "$work/demo.log"; }

month=$work/synthetic_green_tripdata_2024-01.csv
data/make-month green 2024-01 20000 --seed 5 -o "$month" >/dev/null 2>&1
for moment in 'new PostgreSQL cluster' 'new Kafka log' '  page  ' '==> replay' 'the page stays at'; do
    : >"$work/demo.log"
    # A shell starts what is in the background with Ctrl-C ignored; a terminal does not.
    env --default-signal=INT,QUIT setsid ./pipeline demo "$month" --speed 1000000 >>"$work/demo.log" 2>&1 &
    demo=$!
    wait_for "\"$moment\"" 120 says "$moment"
    kill -INT -- "-$demo" # what the terminal does: the whole foreground group
    status=0
    wait "$demo" || status=$?
    demo=
    [ $status -eq 130 ] || fail "after \"$moment\": exit status $status, not 130"
    [ -z "$(left)" ] || fail "after \"$moment\": still running: $(left)"
    printf 'Ctrl-C at "%s": nothing left\n' "$moment"
done
./pipeline demo --once "$month" --speed max >"$work/demo.log" 2>&1 || fail "the demo after all that ended with $?"
grep -q 'the ledger balances' "$work/demo.log" || fail "no balanced ledger at the end"
[ -z "$(left)" ] || fail "after demo --once: still running: $(left)"
printf 'the next demo is a good one\n'
