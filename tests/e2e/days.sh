#!/usr/bin/env bash
# Two datasets through the whole pipeline, with trips that come too late for their windows, and every part killed on the way: the ledger
# balances, the days have more than the windows by exactly the late events, the History page's figures are what SQL says of the rows,
# a forged row gives a cross. With --spark also: Spark makes the same tables.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
bin=${TLC_BIN:-$PWD/build/bin}
work=$(mktemp -d /tmp/taxi-days-XXXXXX)
export TLC_RUN=$work/run TLC_ANY_PORT=1 BATCH_EVERY=1s
unset KAFKA_BROKERS DATABASE_URL
# shellcheck source=tests/support/check.sh disable=SC1091
. tests/support/check.sh

clean_up() {
    local status=$?
    if [ $status -ne 0 ]; then tail -n 15 "$TLC_RUN"/log/*.log >&2 || true; fi
    ./pipeline reset --yes >/dev/null 2>&1 || true
    rm -rf "$work"
    exit $status
}
trap clean_up EXIT
trap 'exit 130' INT TERM
with_spark=0
if [ "${1:-}" = --spark ]; then
    # shellcheck source=tests/integration/batch-process/spark_env.sh disable=SC1091
    . tests/integration/batch-process/spark_env.sh
    spark_get
    with_spark=1
fi

# Every 40th trip of the first three weeks is held back until the rest is through: its windows are final by then.
make() { # dataset, month, rows
    local folder=$work/$1
    mkdir -p "$folder"
    data/make-month "$1" "$2" "$3" --seed 5 -o "$folder/synthetic_$1_tripdata_$2.csv" 2>"$folder/make.log"
    "$bin/preprocess" "$folder/synthetic_$1_tripdata_$2.csv" -o "$folder" --quiet
    local held=$folder/held.json
    jq -c --arg last "$2-21" 'select(.Status == "start" and .TripID % 40 == 7 and .Datetime > $last) | .TripID' "$folder/events.ndjson" | jq -cs 'map({key: "\(.)", value: 1}) | from_entries' >"$held"
    jq -c --slurpfile after "$held" 'select(.TripID % 40 == 7 and ($after[0]["\(.TripID)"] | not))' "$folder/events.ndjson" >"$folder/late.ndjson"
    jq -c --slurpfile after "$held" 'select((.TripID % 40 == 7 and ($after[0]["\(.TripID)"] | not)) | not)' "$folder/events.ndjson" >"$folder/first.ndjson"
}
make green 2024-01 12000
make yellow 2024-03 12000
late=$(cat "$work"/*/late.ndjson | wc -l)
events=$(cat "$work"/*/events.ndjson | wc -l)
[ "$late" -gt 300 ] || failed "only $late events are held back"

up() {
    ./pipeline up >"$work/up.log" 2>&1 || failed "$(cat "$work/up.log")"
    # shellcheck disable=SC1091
    . "$TLC_RUN/env"
}
sql() { psql -qXtA "$DATABASE_URL" -c "$1"; }
stored() { [ "$(sql 'select coalesce(sum(stored), 0) from store_offset')" -ge "$1" ]; }
client() { # summary's name, files...
    local name=$1
    shift
    mkdir -p "$TLC_RUN/replay/$name"
    "$bin/producer-client" "$@" --url "$SERVER_URL" --no-close --progress none --summary "$TLC_RUN/replay/$name/client.json" --resume "$work/$name.resume" >>"$work/client.log" 2>&1
}
killed() { # name...
    local name
    for name in "$@"; do kill -9 "$(cut -d' ' -f1 "$TLC_RUN/pid/$name")"; done
}

up
client first --speed 600000 "$work/green/first.ndjson" "$work/yellow/first.ndjson" &
replay=$!
await 90 "a fifth is stored" stored $((events / 5))
killed consumer-store consumer-process dashboard batch-process
up
await 90 "two fifths are stored" stored $((events * 2 / 5))
kill -QUIT "$(cut -d' ' -f1 "$TLC_RUN/pid/postgres")" # at once, with recovery
killed batch-process
up
await 90 "three fifths are stored" stored $((events * 3 / 5))
killed producer-server consumer-process
up
wait $replay || failed "the client ended with $?: $(tail -n 3 "$work/client.log")"
./pipeline settle
client late --speed max "$work/green/late.ndjson" "$work/yellow/late.ndjson"
./pipeline settle
./pipeline audit || failed "the ledger"
checks=$((checks + 1))
process=$(curl -fsS "$PROCESS_URL/status")
# What was sent again after a kill is a second copy: in the windows a duplicate, or late as well.
expect "late events and second copies" $((late + $(sql 'select sum(duplicate) from store_offset'))) \
    "$(jq '.ledger | .late + .duplicate' <<<"$process")"
expect "rows in PostgreSQL" "$events" "$(sql 'select (select count(*) from trip_start) + (select count(*) from trip_end)')"
curl -fsS "$DASHBOARD_URL/api/windows/days" | jq -c .days >"$work/windows.json"
expect "events that the days have more" "$late" "$(psql -qXtA "$DATABASE_URL" <<<"\\set windows \`cat $work/windows.json\`
select sum(batch - stream) from stream_batch_diff(:'windows')")"
await 90 "the page's line holds" sh -c "curl -fsS '$DASHBOARD_URL/api/status' | jq -e '.ledger[] | select(.line | startswith(\"stream = batch\")) | .ok'"
expect "late events on the page" "$late" "$(curl -fsS "$DASHBOARD_URL/api/history/diff" | jq '.batch - .stream')"

# Days, weeks and months as the page gets them, against the rows.
for by in day week month; do
    for dataset in green yellow; do
        number=$([ $dataset = yellow ] && printf 1 || printf 2)
        expect "$dataset by $by" "$(sql "
            select json_agg(json_build_array(start, coalesce(s, 0), coalesce(e, 0), coalesce(m, 0), coalesce(total, 0), median) order by start) from
            (select date_trunc('$by', at at time zone 'America/New_York')::date as start, count(*) as s from trip_start where trip_id / 1000000000000000 = $number group by 1) a
            full join (select date_trunc('$by', e.at at time zone 'America/New_York')::date as start, count(*) as e, count(ride) as m, sum(total_cents) as total, percentile_disc(0.5) within group (order by ride) as median
                from trip_end e left join lateral (select extract(epoch from e.at - s.at)::integer as ride from trip_start s where s.trip_id = e.trip_id and e.at between s.at and s.at + interval '24 hours') r on true
                where e.trip_id / 1000000000000000 = $number group by 1) b using (start)" | jq -c .)" \
            "$(curl -fsS "$DASHBOARD_URL/api/history/series?by=$by&dataset=$dataset" | jq -c '[.rows[] | [.[0], .[2], .[3], .[4], .[11], .[13]]]')"
    done
done

# A row that nobody sent: no count of events can hide it.
sql "update trip_start set zone_id = 265 - zone_id % 2 where trip_id = (select min(trip_id) from trip_start where zone_id < 260);
    insert into dirty_day (source_id, day) select distinct source_id, day from day_total on conflict do nothing" >/dev/null
if ./pipeline audit >"$work/forged.log"; then failed "the audit does not see a row that was moved to another zone"; fi
grep -q '✗ stream = batch' "$work/forged.log" || failed "no cross: $(cat "$work/forged.log")"
expect "crosses" 1 "$(grep -c '✗' "$work/forged.log")"
expect "the place where it was" 1 "$(./pipeline audit --diff | awk -F'|' '$5 + 0 > $6 + 0' | grep -c starts)"
checks=$((checks + 1))

if [ $with_spark = 1 ]; then
    env -u BATCH_EVERY "$bin/batch-process" --database "$DATABASE_URL" --routes 40 --all >"$work/all.log" 2>&1
    killed batch-process # it would make the days with more routes
    forward "$(sql "select current_setting('unix_socket_directories') || '/.s.PGSQL.' || current_setting('port')")"
    # shellcheck disable=SC2154 # port: by forward
    spark_job --url "jdbc:postgresql://127.0.0.1:$port/$(sql 'select current_database()')?user=$(sql 'select current_user')"
    expect "differences between C and Spark" 0 "$(differences | wc -l)"
    [ "$(sql 'select count(*) from spark.day_stat')" -gt 1000 ] || failed "Spark made no days"
fi
printf '%d checks passed, %d of %d events late\n' "$checks" "$late" "$events"
