#!/usr/bin/env bash
# A real Kafka broker stopped and started, server and client killed, all in one replay: afterwards the topic holds every event of the
# file, each trip's in order, and just as many messages as the servers and clients counted.
# Usage: real_broker.sh BUILD_DIR [long] [SEED]     long: the client killed 20 times, the server 10 times, the broker away for 30 s
set -euo pipefail
TLC_BUILD=$(realpath "${1:?usage: real_broker.sh BUILD_DIR [long] [SEED]}")
shift
faults=(client server broker client server all) events_n=200000 away=0
if [ "${1:-}" = long ]; then
    faults=(all) events_n=600000 away=30
    for ((i = 0; i < 19; i++)); do faults+=(client); done
    for ((i = 0; i < 9; i++)); do faults+=(server); done
    shift
fi
RANDOM=${1:-$$}
printf 'seed %s\n' "${1:-$$}"
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
# shellcheck source=tests/support/ingest.sh
. tests/support/ingest.sh

for ((i = ${#faults[@]} - 1; i > 0; i--)); do # shuffled
    k=$((RANDOM % (i + 1))) fault=${faults[i]}
    faults[i]=${faults[k]} faults[k]=$fault
done

# Time-outs that no restart of a broker reaches, however busy the machine: what times out is sent again, and stands there twice.
serve() { server_start --ack-timeout 5m; }
replay() {
    start client "$TLC_BIN/producer-client" --url "$url" --speed 30000 --batch 500 --timeout 6m --give-up 10m --json --progress none \
        --resume "$TLC_RUN/state" "$TLC_RUN/events.ndjson"
}
broker_stop() { # for so many seconds
    stop kafka 60
    sleep "$1" # the fault itself
}

brokers_start
events_write $events_n 2
serve
replay
for ((round = 1; round <= ${#faults[@]}; round++)); do
    await 120 "the replay goes on, round $round" frontier_over $((events_n * round / (${#faults[@]} + 2) + RANDOM % 1000))
    case ${faults[round - 1]} in
    client) now_kill client ;;
    server) now_kill producer-server ;;
    broker) broker_stop $away ;;
    all)
        broker_stop $away
        now_kill producer-server
        now_kill client
        ;;
    esac
    brokers_start
    pid_of producer-server >/dev/null || serve
    pid_of client >/dev/null || replay
done
await 180 "the client ends" gone client
client_ended_well
expect "events acknowledged, over all runs" $events_n "$(jq '.acked' "$TLC_RUN/state")"
expect "events refused, over all runs" 0 "$(jq '.refused' "$TLC_RUN/state")"
topic_read $events_n
expect "distinct events in the topic" $events_n "$distinct"
expect "close marks, one a partition" 4 "$marks"
expect "ends before their start" 0 "$disorders"
# Sent again after a kill is what was under way: 4 connections of 500, and a batch whose reply was not noted.
at_most "copies" $((${#faults[@]} * 5 * 500)) "$copies"
[ $away -eq 0 ] || exit 0

# An undisturbed stretch with the broker away for a while: nothing fails, so nothing may be there twice.
before=$((distinct + copies + marks))
rm "$TLC_RUN/state"
replay
await 60 "the second replay runs" frontier_over $((events_n / 4))
stop kafka 60
brokers_start
await 180 "the client ends" gone client
topic_read $events_n
expect "messages of an undisturbed replay past a restart of the broker" $((before + events_n + 4)) $((distinct + copies + marks))
