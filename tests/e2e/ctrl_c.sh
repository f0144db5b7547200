#!/usr/bin/env bash
# Ctrl-C at several moments of ./pipeline demo: nothing is left running, and the next start is a good one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/support/check.sh disable=SC1091
. tests/support/check.sh
work=$(mktemp -d /tmp/taxi-ctrl-c-XXXXXX)
export TLC_RUN=$work/run TLC_ANY_PORT=1
unset KAFKA_BROKERS DATABASE_URL

left() { # what still runs of this state: its pid files name everything that was started
    local file pid
    for file in "$TLC_RUN"/pid/*; do
        [ -f "$file" ] || continue
        read -r pid _ <"$file"
        ended "$pid" || printf '%s ' "${file##*/}"
    done
}
clean_up() {
    local status=$?
    trap - EXIT
    [ $status -eq 0 ] || tail -n 20 "$work"/demo.log >&2 || true
    [ -z "${demo:-}" ] || kill -KILL -- "-$demo" 2>/dev/null || true
    ./pipeline reset --yes >/dev/null 2>&1 || true
    rm -rf "$work"
    exit $status
}
trap clean_up EXIT
says() { grep -qF "$1" "$work/demo.log"; }
ended() { [ ! -d "/proc/$1" ] || grep -qs '^State:\sZ' "/proc/$1/status"; }

month=$work/synthetic_green_tripdata_2024-01.csv
data/make-month green 2024-01 20000 --seed 5 -o "$month" >/dev/null 2>&1
ctrl_c_at() { # what the demo says at that moment
    local status=0
    : >"$work/demo.log"
    # A shell starts what is in the background with Ctrl-C ignored; a terminal does not.
    env --default-signal=INT,QUIT setsid ./pipeline demo "$month" --speed 1000000 >>"$work/demo.log" 2>&1 &
    demo=$!
    await 120 "\"$1\"" says "$1"
    kill -INT -- "-$demo" # what the terminal does: the whole foreground group
    await 300 "the end after \"$1\"" ended "$demo"
    wait "$demo" || status=$?
    demo=
    [ $status -eq 130 ] || failed "after \"$1\": exit status $status, not 130"
    [ -z "$(left)" ] || failed "after \"$1\": still running: $(left)"
    printf 'Ctrl-C at "%s": nothing left\n' "$1"
}
# At a hundred moments of a shell that does nothing but collect what commands put out: Bash itself may then miss the signal, or hang.
cat >"$work/collects" <<'EOF'
. ./pipeline help >/dev/null
work() { printf 'begun\n' && for ((i = 0; i < 400; i++)); do text=$(:); done && sleep 60 && : "$text"; }
attend work
EOF
for ((n = 0; n < 100; n++)); do
    : >"$work/demo.log"
    env --default-signal=INT,QUIT setsid bash "$work/collects" >>"$work/demo.log" 2>&1 &
    demo=$!
    await 60 "a shell that collects" says begun
    sleep "0.0$((RANDOM % 90 + 10))"
    kill -INT -- "-$demo"
    await 10 "the end of a shell that collects" ended "$demo"
    status=0
    wait "$demo" || status=$?
    demo=
    [ $status -eq 130 ] || failed "a shell that collects: exit status $status, not 130"
done
printf 'Ctrl-C while output is collected: a hundred times\n'

for moment in 'new PostgreSQL cluster' 'new Kafka log' '  page  ' '==> replay' 'the page stays at'; do
    ctrl_c_at "$moment"
done
# A client that the signal ends before it catches any: the demo ends as with every other.
mkdir "$work/bin"
ln -s "$(realpath "${TLC_BIN:-build/bin}")"/* "$work/bin"
rm "$work/bin/producer-client"
# shellcheck disable=SC2016 # for the script that is written
printf '#!/bin/sh\ncase "$*" in *--print-config* | *--help-markdown*) exec %q "$@" ;; esac\nexec sleep 60\n' \
    "$(realpath "${TLC_BIN:-build/bin}/producer-client")" >"$work/bin/producer-client"
chmod +x "$work/bin/producer-client"
TLC_BIN=$work/bin ctrl_c_at '==> replay'

# The next one is a good one. On Parquet, as TLC publishes its months: TLC's own bytes where they are there.
month=${TLC_SHARED:-$PWD/../shared}/tlc/parquet/green_tripdata_2024-01.parquet
if [ ! -f "$month" ]; then
    printf 'NOTE: no %s: a Parquet month is made\n' "$month"
    month=$work/synthetic_green_tripdata_2024-01.parquet
    node tests/support/to_parquet.mjs "${TLC_DEPS:-$PWD/.deps}/node_modules" "${month%.parquet}.csv" "$month"
fi
./pipeline demo --once "$month" --speed max >"$work/demo.log" 2>&1 || failed "the demo after all that ended with $?"
grep -q 'the ledger balances' "$work/demo.log" || failed "no balanced ledger at the end"
[ -z "$(left)" ] || failed "after demo --once: still running: $(left)"
printf 'the next demo is a good one\n'
