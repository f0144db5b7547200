#!/usr/bin/env bash
# -X group.protocol=consumer (KIP-848), where the group's broker assigns: a store killed with a name in the group waits until the broker
# lets go of the name, then reads on; a second one of a living one's name gets nothing and takes nothing away; two names share.
# Usage: consumer_protocol.sh BUILD_DIR
set -euo pipefail
# shellcheck disable=SC2034 # for the script that is sourced below
TLC_BUILD=$(realpath "${1:?usage: consumer_protocol.sh BUILD_DIR}")
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
# shellcheck source=tests/support/store.sh disable=SC1091
. tests/support/store.sh

protocol=(-X group.protocol=consumer)
# Asked of consumer-process, which wants no database to say so.
said=$(timeout 20 "$TLC_BUILD/bin/consumer-process" --status-listen 127.0.0.1:0 "${protocol[@]}" -X session.timeout.ms=6000 2>&1) && status=0 || status=$?
[[ $said != *"No such configuration property"* ]] || skip "this librdkafka does not know group.protocol"
# What librdkafka has of it before 2.12 is no more than a preview, which takes both.
version=$(pkg-config --modversion rdkafka)
[ "$status" -ne 124 ] || [ "$(printf '%s\n' "$version" 2.12 | sort -V | head -n 1)" = 2.12 ] ||
    skip "librdkafka $version has a preview of group.protocol=consumer: it takes session.timeout.ms beside it"
expect "exit status with a session that is not ours to set" 64 "$status"

named() { store_start "$1" "${protocol[@]}" -X group.instance.id="$2" --batch 500; }
waits() { grep -q "waits until its session ends" "$work/$1.log"; }
servers_up
feed 4 2202401 1 30000 997 1009 >"$work/sent.json"
messages=$(jq .messages "$work/sent.json")
named a north
await 60 "a reads" read_over $((messages / 8))
store_kill a
named a north
await 30 "a is refused: its name is taken" waits a
await 60 "a has all partitions again" owns a 4
await 60 "a reads all" read_is "$messages"

named b north
await 30 "b is refused: its name is taken" waits b
expect "partitions of b" 0 "$(status_of b '.partitions | length')"
expect "partitions of a" 4 "$(status_of a '.partitions | length')"
store_stop b
named b south
await 60 "a and b share" owns b 2
await 60 "a and b share" owns a 2
feed 4 2202401 30001 30000 997 1009 >"$work/more.json"
messages=$((messages + $(jq .messages "$work/more.json")))
await 60 "both read all" read_is "$messages"
expect "distinct events stored" "$(jq -s 'map(.events) | add' "$work/sent.json" "$work/more.json")" \
    "$(sql 'select (select count(*) from trip_start) + (select count(*) from trip_end)')"
store_stop b
store_stop a
printf '%d checks passed\n' "$checks"
