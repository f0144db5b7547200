#!/usr/bin/env bash
# consumer-store killed again and again while it reads a topic, PostgreSQL restarted meanwhile, an instance stopped past its session
# and woken, messages that are no events: afterwards each event is in the tables once and the ledger balances.
# Usage: crash.sh BUILD_DIR [SEED]
set -euo pipefail
# shellcheck disable=SC2034 # for the script that is sourced below
TLC_BUILD=$(realpath "${1:?usage: crash.sh BUILD_DIR [SEED]}")
seed=${2:-$RANDOM}
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
# shellcheck source=tests/support/store.sh disable=SC1091
. tests/support/store.sh
RANDOM=$seed
printf 'seed %s\n' "$seed"

trips=50000 rounds=4 # 50,000 trips are 100,000 events
declare -A sent=([messages]=0 [events]=0 [poison]=0 [duplicates]=0 [marks]=0)
feed_start() { # round: in the background
    feed 4 2202401 $((($1 - 1) * trips + 1)) $trips 997 1009 >"$work/sent.json" &
    feeding=$!
}
feed_wait() {
    wait "$feeding"
    local key
    for key in "${!sent[@]}"; do
        sent[$key]=$((sent[$key] + $(jq ".$key" "$work/sent.json")))
    done
    messages=${sent[messages]}
}

servers_up
feed_start 1
feed_wait
feed_start 2
feed_wait

# Killed at whatever it does then; PostgreSQL goes away in the middle of it, with no time to say good-bye.
for ((kill = 1; kill <= 6; kill++)); do
    # with a name in the group it takes its partitions back at once, without one after the session of the killed one
    static=()
    [ $((kill % 3)) -eq 0 ] || static=(-X group.instance.id=a)
    store_start a --batch $((500 + RANDOM % 3000)) "${static[@]}"
    await 60 "the store goes on, kill $kill" read_over $((messages * kill / 9))
    if [ $kill = 4 ]; then
        postgres_crash
        servers_up
        await 60 "the store finds the database again" read_over $((messages * kill / 9 + messages / 18))
    fi
    store_kill a
done
store_start a
await 60 "all is read after the kills" read_is "$messages"

# Two instances share; one is stopped while it writes, sleeps past its session, and wakes up with a batch in its hands.
store_start b --batch 2000
await 60 "both have partitions" owns b 2
await 60 "both have partitions" owns a 2
for ((round = 3; round <= rounds; round++)); do
    feed_start $round
    await 60 "new messages are read" read_over $((messages + trips / 4))
    kill -STOP "${store_pid[b]}"
    feed_wait
    await 60 "the other one takes over" owns a 4
    await 60 "the other one reads all" read_is "$messages"
    kill -CONT "${store_pid[b]}"
    await 60 "the sleeper is back in the group" owns b 2
done
for name in a b; do
    expect "$name: peak memory under 200 MiB" 1 "$(awk '/VmHWM/ {print ($2 < 200 * 1024)}' "/proc/${store_pid[$name]}/status")"
done
store_stop a
await 60 "what is left has one owner" owns b 4
no_lag() { [ "$(status_of b '[.partitions[].lag]')" = '[0,0,0,0]' ]; }
await 30 "no lag" no_lag # an end is known once a partition was asked for

all=$((rounds * trips))
expect "ledger: read, stored, duplicate, refused, marks" "$messages|${sent[events]}|${sent[duplicates]}|${sent[poison]}|${sent[marks]}" "$(ledger)"
expect "ledger in /status" "[$messages,${sent[events]},${sent[duplicates]},${sent[poison]},${sent[marks]}]" \
    "$(status_of b '.ledger | [.read, .stored, .duplicate, .refused, .marks]')"
expect "messages read = stored + duplicate + refused + marks" t \
    "$(sql 'select bool_and(messages_read = stored + duplicate + refused + marks and messages_read = next_offset) from store_offset')"
for table in trip_start trip_end; do
    expect "$table: rows, ids, first, last" "$all|$all|1|$all" \
        "$(sql "select count(*), count(distinct trip_id), min(trip_id) % 1000000000, max(trip_id) % 1000000000 from $table")"
done
expect "complete trips" "$all" "$(sql "select count(*) from trip where duration > interval '0'")"
expect "refused messages kept" "${sent[poison]}" "$(sql 'select count(*) from refused_event')"
expect "rules of refusal" \
    'bad_mark bad_status bad_time bad_trip_id bad_zone missing_key not_json outside_month too_large' \
    "$(sql "select string_agg(distinct rule, ' ' order by rule) from refused_event")"
expect "the source is closed" "2202401|t" "$(sql 'select source_id, closed_at is not null from source')"
expect "days touched" \
    "$(sql "select count(distinct (at at time zone 'America/New_York')::date) from (select at from trip_start union all select at from trip_end) t")" \
    "$(sql "select count(*) from dirty_day")"
printf 'fenced %s retries %s\n' "$(status_of b .counters.fenced)" "$(status_of b .counters.retries)"

# Two of the same name: the group knows one of them at a time. Each joins again when the other has put it out, until one of them says
# what is wrong and ends.
store_stop b
store_start one --instance twin
await 60 "the first of one name has all" owns one 4
store_start two --instance twin
says_why() { grep -l "another member of the group has this one's name" "$work/one.log" "$work/two.log"; }
await 90 "one of two of the same name says why it ends" says_why
ended=$(basename "$(says_why | head -n 1)" .log)
status=0
wait "${store_pid[$ended]}" || status=$?
unset "store_pid[$ended]"
expect "exit status of a second one of the same name" 78 "$status"
other=one
[ "$ended" = two ] || other=two
await 60 "the other one has all" owns $other 4
store_stop $other
