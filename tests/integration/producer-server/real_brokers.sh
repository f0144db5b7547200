#!/usr/bin/env bash
# Three real brokers: the leader of a partition killed in the middle of a replay, a batch that the broker finds too large, the topic
# deleted under the running server. What gets a 2xx is in the log, once and in order; any other reply says what happened.
# Usage: real_brokers.sh BUILD_DIR
set -euo pipefail
TLC_BUILD=$(realpath "${1:?usage: real_brokers.sh BUILD_DIR}")
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
export BROKERS=3 KAFKA_HEAP=256m
# shellcheck source=tests/support/ingest.sh
. tests/support/ingest.sh

post() { # file: sets status and reply
    status=$(curl -sS -o "$TLC_RUN/reply" -w '%{http_code}' --max-time 60 -H 'Content-Type: application/x-ndjson' --data-binary "@$1" "$url/trips")
    reply=$(cat "$TLC_RUN/reply")
}
stored() { # file: true once it got a 200
    post "$1"
    [ "$status" = 200 ]
}
topic_tool() { kafka_java 128m org.apache.kafka.tools.TopicCommand --bootstrap-server "$KAFKA_BROKERS" --topic trips "$@" 2>>"$TLC_RUN/log/tools.log"; }
topic_config() { # option, value
    kafka_java 128m kafka.admin.ConfigCommand --bootstrap-server "$KAFKA_BROKERS" --alter --entity-type topics --entity-name trips "$@" \
        >>"$TLC_RUN/log/tools.log" 2>&1
}

events_n=60000
brokers_start
server_start --ack-timeout 60s --replication 3
events_write $events_n 2
leader=$(topic_tool --describe | sed -n 's/.*Partition: 0.*Leader: \([0-9]\).*/\1/p')
[ "$leader" = 1 ] && leader=kafka || leader=kafka-$leader

start client "$TLC_BIN/producer-client" --url "$url" --speed 10000 --batch 500 --json --progress none --no-close \
    --resume "$TLC_RUN/state" "$TLC_RUN/events.ndjson"
await 60 "the replay runs" frontier_over $((events_n / 10))
now_kill "$leader"
await 120 "the client ends" gone client
client_ended_well
topic_read $events_n
expect "distinct events past the death of a leader" $events_n "$distinct"
expect "copies: no request failed" 0 "$copies"
expect "ends before their start" 0 "$disorders"
# A record in flight to the dead broker goes to the new leader when there is one: it is not held until --ack-timeout.
read -r within all < <(curl -fsS "$url/metrics" | awk '/^tlc_server_ack_seconds_bucket\{le="30"\}/ {w = $2} /^tlc_server_ack_seconds_count/ {n = $2} END {print w + 0, n + 0}')
[ "$all" -gt 0 ]
expect "acknowledgements within 30 s" "$all" "$within"
brokers_start

head -n 2000 "$TLC_RUN/events.ndjson" >"$TLC_RUN/large"
topic_config --add-config max.message.bytes=500
post "$TLC_RUN/large"
expect "status of a batch that the broker finds too large" 503 "$status"
[[ $reply == *"Message size too large"* ]] || { printf 'FAILED: the reply does not say why: %s\n' "$reply" >&2; exit 1; }
topic_config --delete-config max.message.bytes
await 30 "the same batch is stored once the limit is raised" stored "$TLC_RUN/large"

topic_tool --delete
head -n 1000 "$TLC_RUN/events.ndjson" >"$TLC_RUN/first"
tail -n +1001 "$TLC_RUN/large" >"$TLC_RUN/second"
await 90 "a batch is stored in the topic made anew" stored "$TLC_RUN/first"
await 30 "and the next" stored "$TLC_RUN/second"
topic_read $events_n
expect "distinct events in the topic made anew" 2000 "$distinct"
expect "ends before their start" 0 "$disorders"
expect "partitions" 4 "$(curl -fsS "$url/status" | jq .partitions_n)"
stop producer-server 60
