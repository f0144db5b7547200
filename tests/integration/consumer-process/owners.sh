#!/usr/bin/env bash
# The same events in topics of 1, 2 and 4 partitions, read by as many instances, of which one is killed on the way:
# the windows, summed over partitions, are the same bytes.
# Usage: owners.sh BUILD_DIR
set -euo pipefail
# shellcheck disable=SC2034 # for the script that is sourced below
TLC_BUILD=$(realpath "${1:?usage: owners.sh BUILD_DIR}")
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
# shellcheck source=tests/support/process.sh disable=SC1091
. tests/support/process.sh

trips=60000
kafka_up
read_by_all() { # instances, messages
    local i sum=0
    for ((i = 1; i <= $1; i++)); do
        says "$1-$i" '(.partitions | length > 0 and all(.lag == 0 and (.recovering | not))) and .dashboard.windows_waiting == 0' || return 1
        sum=$((sum + $(status_of "$1-$i" .ledger.read)))
    done
    [ $sum = "$2" ]
}
for n in 1 2 4; do
    # The topic, with a mark of another source in each partition: every instance has its partition before the events come, or the first
    # one could have read them all.
    feed "trips-$n" $n 1202401 1 0 0 0 >"$TLC_RUN/first-$n.json"
    receiver_start "r$n"
    for ((i = 1; i <= n; i++)); do process_start "$n-$i" "group-$n" "r$n" --topic "trips-$n" --commit 100ms; done
    for ((i = 1; i <= n; i++)); do await 60 "instance $i of $n has a partition" owns "$n-$i" 1; done
    feed "trips-$n" $n 2202401 1 $trips 997 0 >"$TLC_RUN/sent-$n.json" &
    feeding=$!
    await 60 "the last of $n reads" read_over "$n-$n" 1000
    process_kill "$n-$n"
    wait $feeding
    messages=$(jq -s 'map(.messages) | add' "$TLC_RUN/first-$n.json" "$TLC_RUN/sent-$n.json")
    process_start "$n-$n" "group-$n" "r$n" --topic "trips-$n" --commit 100ms
    await 120 "$n instances read all" read_by_all $n "$messages"
    receiver "r$n" summed >"$TLC_RUN/summed-$n"
    expect "counted, matched, final by $n instances" "[$((2 * trips)),$trips,true]" \
        "$(receiver "r$n" sums | jq -c '[.events, .matched, .windows == .final]')"
    for ((i = 1; i <= n; i++)); do process_stop "$n-$i"; done
done
cmp "$TLC_RUN/summed-1" "$TLC_RUN/summed-2"
cmp "$TLC_RUN/summed-1" "$TLC_RUN/summed-4"
expect "windows by 1, 2 and 4 instances" "$(sha256sum <"$TLC_RUN/summed-1")" "$(sha256sum <"$TLC_RUN/summed-4")"
