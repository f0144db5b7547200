#!/usr/bin/env bash
# consumer-process killed, stopped and put to sleep again and again while the topic fills with two sources, a month sent by two clients
# at once and messages that are no events; its receiver goes away and comes back. Afterwards the windows are the same bytes as those of
# an instance that read the finished topic undisturbed, and the ledger balances.
# Usage: crash.sh BUILD_DIR [SEED]
set -euo pipefail
# shellcheck disable=SC2034 # for the script that is sourced below
TLC_BUILD=$(realpath "${1:?usage: crash.sh BUILD_DIR [SEED]}")
seed=${2:-$RANDOM}
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
# shellcheck source=tests/support/process.sh disable=SC1091
. tests/support/process.sh
RANDOM=$seed
printf 'seed %s\n' "$seed"

trips=80000
feed_start() { # name, source, poison every, double every
    feed trips 4 "$2" 1 $trips "$3" "$4" >"$TLC_RUN/sent-$1.json" &
    feeding+=($!)
}
feed_wait() {
    local pid
    for pid in "${feeding[@]}"; do wait "$pid"; done
    feeding=()
    messages=$(cat "$TLC_RUN"/sent-*.json | jq -s 'map(.messages) | add')
    marks=$(cat "$TLC_RUN"/sent-*.json | jq -s 'map(.marks) | add')
    sent_n=$(cat "$TLC_RUN"/sent-*.json | jq -s 'map(.events + .duplicates) | add')
    poison=$(cat "$TLC_RUN"/sent-*.json | jq -s 'map(.poison) | add')
}
feeding=()

kafka_up
receiver_start storm
receiver_start calm

# The topic fills while this one is killed. A kill comes when it has gone on some way, or at once.
feed_start yellow 1202401 1999 1009
feed_start green 2202401 997 0
feed_start green_again 2202401 0 0
for ((kill = 1; kill <= 8; kill++)); do
    process_start a storm storm --commit "$((100 + RANDOM % 500))ms" --emit "$((20 + RANDOM % 200))ms"
    [ $((kill % 4)) = 0 ] || await 60 "it goes on, kill $kill" gone_on a $((1 + RANDOM % 60000))
    process_kill a
done

# It is asked to stop at any moment.
for ((stop = 1; stop <= 3; stop++)); do
    process_start a storm storm --commit 200ms
    await 60 "it goes on, stop $stop" gone_on a $((RANDOM % 20000))
    process_stop a
done
feed_wait

# The receiver goes away, the reading goes on: of partitions that were read before. Who has committed nothing asks it first.
process_start a storm storm --commit 200ms
await 60 "every partition is read" says a '.partitions | length == 4 and all(.[]; .position > 0)'
process_stop a
receiver storm away
process_start a storm storm --commit 200ms
await 60 "all is read without a receiver" read_is a "$messages"
await 20 "it says so" says a '.state == "running: dashboard away" and .counters.posts_failed > 0'
process_kill a
process_start a storm storm --commit 200ms
await 60 "all is read again without a receiver" read_is a "$messages"
receiver storm back
await 60 "the receiver has all" settled_at a "$messages"

# Two share; one sleeps past its session and wakes up with what it knew then.
process_start b storm storm --commit 200ms
await 60 "both have partitions" owns b 2
feed_start green_late 2202401 0 0
feed_start hired 4202401 0 501
await 60 "the new one reads" read_over b 1000
kill -STOP "$(pid_of process-b)"
feed_wait
await 60 "the other one takes over" owns a 4
await 60 "the other one reads all" settled_at a "$messages"
kill -CONT "$(pid_of process-b)"
await 60 "the sleeper is back in the group" owns b 2
process_stop a
await 60 "what is left has one owner" settled_at b "$messages"

process_start calm calm calm
await 60 "the calm one reads all" settled_at calm "$messages"
receiver storm dump >"$TLC_RUN/storm"
receiver calm dump >"$TLC_RUN/calm"
cmp "$TLC_RUN/storm" "$TLC_RUN/calm"
expect "windows are the same bytes" "$(sha256sum <"$TLC_RUN/calm")" "$(sha256sum <"$TLC_RUN/storm")"
expect "final windows said twice differently" 0 "$(receiver storm sums | jq .final_changed)"

ledger='.ledger | [.read, .counted, .duplicate, .late, .refused, .marks]'
expect "messages in the topic, partitions" "$messages 4" "$(topic_size)"
expect "ledger" "$(status_of calm "$ledger")" "$(status_of b "$ledger")"
expect "read = counted + duplicate + late + refused + marks" true \
    "$(status_of b '.ledger | .read == .counted + .duplicate + .late + .refused + .marks')"
expect "read, refused, marks" "[$messages,$poison,$marks]" "$(status_of b '.ledger | [.read, .refused, .marks]')"
expect "events" "$sent_n" "$(status_of b '.ledger | .counted + .duplicate + .late')"
# Each trip of the three sources counts once, whoever sent it how often.
expect "counted" $((3 * 2 * trips)) "$(status_of b .ledger.counted)"
sums=$(receiver storm sums)
expect "events in windows, matched, orphans, expired" "[$((6 * trips)),$((3 * trips)),0,0]" \
    "$(jq -c '[.events, .matched, .orphan_ends, .expired_starts]' <<<"$sums")"
expect "duplicates in windows, late in totals" "$(status_of b '.ledger | [.duplicate, .late]')" "$(jq -c '[.duplicates, .late]' <<<"$sums")"
expect "all windows are final" "$(jq .windows <<<"$sums")" "$(jq .final <<<"$sums")"

# Nothing is read again when all is settled; nothing is sent again.
process_stop b
process_start b storm storm
await 60 "a settled instance comes back" settled_at b "$messages"
says b '.counters | .messages_read == 0 and .windows_sent == 0'

# The receiver loses its store: everything is sent again, by itself.
receiver storm lose/store-2
same() { receiver storm dump | cmp - "$TLC_RUN/calm"; }
await 60 "the new store has the same windows" same
expect "ledger after the rebuild" "$(status_of calm "$ledger")" "$(status_of b "$ledger")"
