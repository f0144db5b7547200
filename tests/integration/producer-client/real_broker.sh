#!/usr/bin/env bash
# A real Kafka broker stopped and started, server and client killed, all in one replay: afterwards the topic holds every event of the
# file, each trip's in order, and just as many messages as the servers and clients counted. Usage: real_broker.sh BUILD_DIR [SEED]
set -euo pipefail
build=$(realpath "${1:?usage: real_broker.sh BUILD_DIR [SEED]}")
RANDOM=${2:-$$}
printf 'seed %s\n' "${2:-$$}"
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

TLC_RUN=$(mktemp -d "${TMPDIR:-/tmp}/taxi-ingest-XXXXXX")
export TLC_RUN TLC_ANY_PORT=1 TLC_BIN=$build/bin
unset KAFKA_BROKERS DATABASE_URL
# shellcheck source=pipeline disable=SC1091
. ./pipeline help >/dev/null
skip() { printf 'SKIPPED: %s\n' "$*" >&2; exit 77; }
# shellcheck disable=SC2154 # of ./pipeline
[ -d "$deps/kafka" ] || skip "Kafka's jars are not here: run ./pipeline setup"
command -v java >/dev/null || skip "no Java"

clean_up() {
    local status=$? name
    for name in client producer-server kafka; do stop "$name" 20; done
    [ $status -eq 0 ] || tail -n 15 "$TLC_RUN"/log/{client,producer-server}.log >&2 || true
    rm -rf "$TLC_RUN"
    exit $status
}
trap clean_up EXIT
trap 'exit 130' INT TERM

await() { # seconds, words, command...
    local until=$((SECONDS + $1)) words=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $until ] || { printf 'FAILED: %s\n' "$words" >&2; exit 1; }
        sleep 0.05
    done
}
expect() { # words, wanted, got
    [ "$2" = "$3" ] || { printf 'FAILED: %s: wanted %s, got %s\n' "$1" "$2" "$3" >&2; exit 1; }
    printf 'ok: %s (%s)\n' "$1" "$2"
}
gone() { ! pid_of "$1"; }
now_kill() { # name
    kill -KILL "$(pid_of "$1")"
    await 10 "$1 ends" gone "$1"
}
# shellcheck disable=SC2034 # for up_kafka
BROKERS=1
broker_start() {
    up_kafka kafka
    wait_until kafka 60 grep -q 'Kafka Server started' "$TLC_RUN/log/kafka.log"
}
# Time-outs that no restart of a broker reaches, however busy the machine: what times out is sent again, and stands there twice.
server_start() {
    start producer-server "$TLC_BIN/producer-server" --listen "${url#http://}" --brokers "$KAFKA_BROKERS" --ack-timeout 5m
    await 60 "the server is ready" http_ok "$url/readyz"
}
client_start() {
    start client "$TLC_BIN/producer-client" --url "$url" --speed 30000 --batch 500 --timeout 6m --give-up 10m --json --progress none \
        --resume "$TLC_RUN/state" "$TLC_RUN/events.ndjson"
}
frontier() { jq ".inputs[0].line" "$TLC_RUN/state" 2>/dev/null || printf 0; }
frontier_over() { [ "$(frontier)" -gt "$1" ]; }

events_n=200000
mkdir -p "$TLC_RUN/log"
broker_start
url=http://127.0.0.1:$(choose_port $((20000 + RANDOM % 20000)) SERVER_PORT)
"$build/tests/events_file" write "$TLC_RUN/events.ndjson" $events_n 2
server_start
client_start
for ((round = 1; round <= 6; round++)); do
    await 120 "the replay goes on, round $round" frontier_over $((events_n * round / 8 + RANDOM % 2000))
    case $((round % 3)) in
    0) stop kafka 60; [ $round -lt 4 ] || now_kill producer-server; broker_start ;;
    1) now_kill client; client_start ;;
    2) now_kill producer-server ;;
    esac
    pid_of producer-server >/dev/null || server_start
done
await 180 "the client ends" gone client
tail -n 1 "$TLC_RUN/log/client.log" | grep -q '"left":0' || { printf 'FAILED: the client did not end well\n' >&2; exit 1; }
expect "events acknowledged, over all runs" $events_n "$(jq '.acked' "$TLC_RUN/state")"

read -r distinct copies marks disorders < <("$build/tests/events_file" read "$KAFKA_BROKERS" trips 4 $events_n)
expect "distinct events in the topic" $events_n "$distinct"
expect "close marks, one a partition" 4 "$marks"
expect "ends before their start" 0 "$disorders"
# Sent again after a kill is what was under way: 4 connections of 500, and a batch whose reply was not noted.
[ "$copies" -le $((5 * 5 * 500)) ] || { printf 'FAILED: %s copies\n' "$copies" >&2; exit 1; }
printf 'ok: %s copies\n' "$copies"

# An undisturbed stretch with the broker away for a while: nothing fails, so nothing may be there twice.
before=$((distinct + copies + marks))
rm "$TLC_RUN/state"
client_start
await 60 "the second replay runs" frontier_over $((events_n / 4))
stop kafka 60
broker_start
await 180 "the client ends" gone client
read -r distinct copies marks disorders < <("$build/tests/events_file" read "$KAFKA_BROKERS" trips 4 $events_n)
expect "messages of an undisturbed replay past a restart of the broker" $((before + events_n + 4)) $((distinct + copies + marks))
