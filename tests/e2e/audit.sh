#!/usr/bin/env bash
# ./pipeline audit on real servers: it balances; then each of its lines is broken on purpose, some at a time, and exactly those get a
# cross. What lies in files and tables is changed where it lies; statuses are forged by a server in place of the true one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/support/check.sh disable=SC1091
. tests/support/check.sh
work=$(mktemp -d /tmp/taxi-audit-XXXXXX)
export TLC_RUN=$work/run TLC_ANY_PORT=1
unset KAFKA_BROKERS DATABASE_URL
forger=
clean_up() {
    local status=$?
    [ -z "$forger" ] || kill "$forger" 2>/dev/null || true
    [ $status -eq 0 ] || tail -n 15 "$work"/*.log "$TLC_RUN"/log/{producer,consumer}-*.log >&2 || true
    ./pipeline reset --yes >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap clean_up EXIT

month=$work/synthetic_green_tripdata_2024-01.csv
data/make-month green 2024-01 6000 --seed 11 -o "$month" >/dev/null 2>&1
whole=$work/synthetic_yellow_tripdata_2024-01.csv
pieces=("$work"/synthetic_yellow_tripdata_2024-01_{a,b}.csv)
data/make-month yellow 2024-01 6000 --seed 12 -o "$whole" >/dev/null 2>&1
head -n 4001 "$whole" >"${pieces[0]}"
{ head -n 1 "$whole" && tail -n +4002 "$whole"; } >"${pieces[1]}"
./pipeline up >"$work/up.log" 2>&1
# Two months in one replay, one of them in pieces, after a part of the other: the client's account covers both folders.
{
    ./pipeline replay "$month" --speed max --to 2024-01-10 --no-close
    ./pipeline settle
} >"$work/replay.log" 2>&1
part=$(./pipeline audit 2>&1) || failed "after a part of the month: $part"
[[ $part == *"the ledger balances"* && $part == *" not sent: "* ]] || failed "after a part of the month: $part"
# Of several months one gives nothing: none is sent.
cp "$month" "$work/synthetic_green_tripdata_2023-05.csv"
status=0
./pipeline replay "$work/synthetic_green_tripdata_2023-05.csv" "$month" --speed max >"$work/nothing.log" 2>&1 || status=$?
expect "a month of which no row can be used" 65 "$status"
[[ $(<"$work/nothing.log") == *"they fit 2024-01"* && $(<"$work/nothing.log") != *"==> replay"* ]] || failed "$(<"$work/nothing.log")"
{
    ./pipeline replay "${pieces[1]}" "$month" "${pieces[0]}" --speed max
    ./pipeline settle
} >>"$work/replay.log" 2>&1
# shellcheck disable=SC1091
. "$TLC_RUN/env"
folder=$TLC_RUN/replay/${month##*/}

sql() { psql -qXtA "$DATABASE_URL" -c "$1"; }
# The first words of every line that does not balance.
crosses() { # audit's options...
    local status=0 lines
    lines=$(./pipeline audit --json "$@") || status=$?
    jq -r '.[] | select(.ok | not) | .name' <<<"$lines" | sed -E 's/^(distinct events) of source ([0-9]+).*/\1 \2/' | paste -sd';'
    [ "$(jq 'all(.[]; .ok)' <<<"$lines")" = "$([ $status -eq 0 ] && printf true || printf false)" ] || printf 'exit status %d' "$status"
}
server_line="producer-server: received = acked + refused + failed"
acked_line="Kafka: end offsets = acked since the topic began + close marks"
store_read_line="Kafka: end offsets = messages that consumer-store read"
store_line="consumer-store: read = stored + duplicate + refused + marks"
rows_line="PostgreSQL: rows in trip_start and trip_end = stored"
process_read_line="Kafka: end offsets = messages that consumer-process read"
process_line="consumer-process: read = counted + duplicate + late + refused + marks"
page_line="dashboard: events in windows = counted"
stream_line="stream = batch, by source, day and zone: events in the days = in windows + late"

text=$(./pipeline audit 2>&1) || failed "undisturbed: $text"
expect "rows of the pieces" 6000 "$(jq '.inputs | map(.last_row) | max' "$TLC_RUN/replay/${pieces[0]##*/}-and-1-more/manifest.json")"
expect "yellow trips" "$(jq .trips "$TLC_RUN/replay/${pieces[0]##*/}-and-1-more/manifest.json")" "$(sql 'select count(*) from trip_start where trip_id < 2000000000000000')"
[[ $text == *"the ledger balances"* && $text != *✗* ]] || failed "undisturbed: $text"

# A server in place of the parts tells forged statuses: their true ones, changed.
forged=$work/forged
mkdir -p "$forged"/{server,store,process,dashboard/api/windows}
curl -fsS "$DASHBOARD_URL/api/windows/days" >"$forged/dashboard/api/windows/days"
port=$(free_port)
python3 -m http.server --bind 127.0.0.1 --directory "$forged" "$port" >"$work/forger.log" 2>&1 &
forger=$!
await 20 "the forger listens" curl -fsS "http://127.0.0.1:$port/"
cp "$TLC_RUN/env" "$work/env"
lie() { # part, jq's change of its status
    local variable=${1^^}_URL
    curl -fsS "${!variable}/status" | jq "$2" >"$forged/$1/status"
    sed -i -E "s,^$variable=.*,$variable=http://127.0.0.1:$port/$1," "$TLC_RUN/env"
}
truth() { cp "$work/env" "$TLC_RUN/env"; }

cp "$folder/manifest.json" "$work/manifest.json"
cp "$folder/client.json" "$work/client.json"
jq '.rows_rejected += 1' "$work/manifest.json" >"$folder/manifest.json"
jq '.left += 1' "$work/client.json" >"$folder/client.json"
lie server '.counters.records_received += 1'
lie store '.ledger.duplicate += 1'
lie process '.ledger.late += 1'
lie dashboard '.ledger.window_events += 1'
expect "every part that contradicts itself" \
    "preprocess ${month##*/}: rows read = rejected + trips;producer-client: events read = acked + refused + left;$server_line;$store_line;$process_line;$page_line;$stream_line" \
    "$(crosses)"
truth
cp "$work/manifest.json" "$work/client.json" "$folder/"

# Another file of the month whose rows have the numbers of the first one's: other trips with the same ids.
mkdir "$TLC_RUN/replay/piece"
jq '.output.sha256 = "other" | .inputs[0] |= (.sha256 = "other" | .name = "piece.csv" | .last_row = 100)' "$work/manifest.json" >"$TLC_RUN/replay/piece/manifest.json"
expect "two files with the same row numbers" "rows of source 2202401 whose numbers ${month##*/} and piece.csv both have" "$(crosses)"
jq '.inputs[0] |= (.first_row = 6001 | .last_row = 6100)' "$TLC_RUN/replay/piece/manifest.json" >"$work/numbered.json"
mv "$work/numbered.json" "$TLC_RUN/replay/piece/manifest.json"
expect "the second one numbered from where the first one ends" '' "$(crosses)"
rm -r "$TLC_RUN/replay/piece"

lie server '.counters |= (.records_received += 1 | .records_acked += 1)'
lie store '.ledger |= (.read -= 1 | .marks -= 1)'
lie process '.ledger |= (.read -= 1 | .marks -= 1)'
expect "parts that contradict the log" "$acked_line;$store_read_line;$process_read_line" "$(crosses)"
truth

# While a group moves its partitions nobody tells their counts: the audit waits until each has its instance again.
lie process '.partitions = [] | .ledger |= map_values(0)'
{
    sleep 2
    curl -fsS "$PROCESS_URL/status" >"$work/moved" && mv "$work/moved" "$forged/process/status"
} &
expect "partitions on the move" '' "$(crosses)"
wait $!
truth
kill "$forger"
wait "$forger" 2>/dev/null || true
forger=

id=$(sql 'select min(trip_id) from trip_end where trip_id < 2000000000000000')
sql "create table kept as select * from trip_end where trip_id = $id; delete from trip_end where trip_id = $id"
text=$(./pipeline audit 2>&1) && failed "a row deleted, and it exits with 0"
[[ $text == *"✗ $rows_line"* && $text == *"✗ distinct events of source 1202401"* && $text == *"look at: "* && $text == *"does NOT balance"* ]] ||
    failed "a row deleted: $text"
grep -qx "$id end is in no table" "$TLC_RUN/audit.end" || failed "the deleted row is not named"
sql "insert into trip_end (trip_id, at, zone_id, vendor_id) values (1202401000999999, now(), 1, 1)"
expect "another one in its place: counts are right, ids are not" "distinct events 1202401" "$(crosses)"
sql "delete from trip_end where trip_id = 1202401000999999; insert into trip_end select * from kept;
    alter table trip_start drop constraint trip_start_pkey; insert into trip_start select * from trip_start order by trip_id limit 1"
expect "a row twice" "$rows_line;distinct events 1202401" "$(crosses)"
sql "delete from trip_start_1202401 where ctid = (select max(ctid) from trip_start_1202401
    where trip_id = (select min(trip_id) from trip_start_1202401)); alter table trip_start add primary key (trip_id)"

printf 'not an event\n' | java -Xmx128m -cp "${TLC_DEPS:-.deps}/kafka/*" org.apache.kafka.tools.ConsoleProducer \
    --bootstrap-server "$KAFKA_BROKERS" --topic trips >"$work/producer.log" 2>&1
./pipeline settle >>"$work/replay.log" 2>&1
expect "a message past the server" "$acked_line" "$(crosses)"

# What a server said at its end counts; of a killed one it is said that nobody knows.
{ ./pipeline down && ./pipeline up && ./pipeline settle; } >>"$work/up.log" 2>&1
expect "all put right, told of the message, servers started anew" '' "$(crosses --outside 1)"
kill -9 "$(cut -d' ' -f1 "$TLC_RUN/pid/producer-server")"
./pipeline up >>"$work/up.log" 2>&1
text=$(./pipeline audit 2>&1) || failed "a server was killed: $text"
[[ $text == *"of a server that was killed"* ]] || failed "a server was killed: $text"
printf '%d checks passed\n' "$checks"
