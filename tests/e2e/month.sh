#!/usr/bin/env bash
# The whole pipeline on real servers: a month through HTTP, Kafka, PostgreSQL and windows onto the page in Chromium, compared
# with what DuckDB computes from the file itself. Real green 2024-01 where ../shared/tlc has it, else a synthetic month.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."
deps=${TLC_DEPS:-$PWD/.deps}
shared=${TLC_SHARED:-$PWD/../shared}
out=${TLC_TEST_OUT:-$PWD/tests/out}
TLC_RUN=$(mktemp -d /tmp/taxi-e2e-XXXXXX)
export TLC_RUN TLC_ANY_PORT=1
unset KAFKA_BROKERS DATABASE_URL
checks=0 holder=''

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}
same() { # what, got, expected
    [ "$2" = "$3" ] || fail "$1: got $2, expected $3"
    checks=$((checks + 1))
}
clean_up() {
    local status=$?
    [ -z "$holder" ] || kill "$holder" 2>/dev/null || true
    if [ $status -ne 0 ]; then tail -n 20 "$TLC_RUN"/log/*.log >&2 || true; fi
    ./pipeline reset --yes >/dev/null 2>&1 || true
    rm -rf "$TLC_RUN"
}
trap clean_up EXIT

cutoff='2024-01-19 17:20:00'
if [ -f "$shared/tlc/parquet/green_tripdata_2024-01.parquet" ]; then
    month=$shared/tlc/parquet/green_tripdata_2024-01.parquet
    export TLC_ZONES_URL=$shared/tlc/zones # the map with its shapes
else
    printf 'NOTE: no %s/tlc: the month is synthetic\n' "$shared"
    month=$TLC_RUN/synthetic_green_tripdata_2024-01.parquet
    data/make-month green 2024-01 60000 --seed 7 -o "$TLC_RUN/month.csv"
    node tests/support/to_parquet.mjs "$deps/node_modules" "$TLC_RUN/month.csv" "$month"
fi
oracle() { node tests/e2e/oracle.mjs "$deps/node_modules" "$month" 2024-01 "$@"; }
oracle "$cutoff" >"$TLC_RUN/part.json"
oracle >"$TLC_RUN/whole.json"
expect() { jq -r "$2" "$TLC_RUN/$1.json"; }

./pipeline up
# shellcheck disable=SC1091
. "$TLC_RUN/env"
mkdir -p "$out"

# Most of the month: the event clock rests in the middle of a day, windows are still provisional.
./pipeline replay "$month" --speed max --to "2024-01-19T17:20:00-05:00" --no-close
./pipeline settle
./pipeline audit || fail "the ledger after part of the month"
node tests/e2e/page/page.mjs "$DASHBOARD_URL" "$TLC_RUN/part.json" "$out" || fail "the page against the file"
checks=$((checks + 1))

# The dashboard dies and comes back: the same picture.
before=$(curl -fsS "$DASHBOARD_URL/api/summary" | jq -S '{figures, zones, routes, ride_bins, hours}')
kill -9 "$(cut -d' ' -f1 "$TLC_RUN/pid/dashboard")"
./pipeline up >/dev/null
after=$(curl -fsS "$DASHBOARD_URL/api/summary" | jq -S '{figures, zones, routes, ride_bins, hours}')
same "the summary after kill -9 of the dashboard" "$after" "$before"

# The rest, with the consumers killed on the way.
./pipeline replay "$month" --speed max --from "2024-01-19T17:20:00-05:00" &
replay=$!
sleep 0.5
kill -9 "$(cut -d' ' -f1 "$TLC_RUN/pid/consumer-store")" "$(cut -d' ' -f1 "$TLC_RUN/pid/consumer-process")"
wait $replay || fail "the client"
./pipeline up >/dev/null
./pipeline settle
./pipeline audit || fail "the ledger after the whole month, with both consumers killed"

sql() { psql -qXtA "$DATABASE_URL" -c "$1"; }
same "rows in trip_start" "$(sql 'select count(*) from trip_start')" "$(expect whole .starts)"
same "rows in trip_end" "$(sql 'select count(*) from trip_end')" "$(expect whole .ends)"
same "pickups by zone" "$(sql 'select json_agg(json_build_array(zone_id, n) order by zone_id) from (select zone_id, count(*) n from trip_start group by 1) z' | jq -c .)" \
    "$(expect whole '.zones_all.pickups | tojson')"
windows=$(curl -fsS "$DASHBOARD_URL/api/windows/dump" | jq -sc '{
    starts: ([.[].starts[][1]] | add), ends: ([.[].ends[][1]] | add), matched: ([.[].matched] | add),
    drop: ([.[].ends[]] | group_by(.[0]) | map([.[0][0], (map(.[1]) | add)]))}')
same "starts in final windows" "$(jq .starts <<<"$windows")" "$(expect whole .starts)"
same "ends in final windows" "$(jq .ends <<<"$windows")" "$(expect whole .ends)"
same "matched trips" "$(jq .matched <<<"$windows")" "$(expect whole .trips)"
same "drop-offs by zone in windows" "$(jq -c .drop <<<"$windows")" "$(expect whole '.zones_all.dropoffs | tojson')"

# A second dataset beside it: every number of the page against SQL over the stored rows, for all, for a source and for a zone.
data/make-month yellow 2024-01 6000 --seed 11 -o "$TLC_RUN/synthetic_yellow_tripdata_2024-01.csv" >/dev/null
./pipeline replay "$TLC_RUN/synthetic_yellow_tripdata_2024-01.csv" --speed max
./pipeline settle
for filter in '0 0 0' '0 0 1' '2202401 0 1' '1202401 0 1' '0 74 1'; do
    read -r source zone whole <<<"$filter"
    psql -qXtA "$DATABASE_URL" -v source="$source" -v zone="$zone" -v whole="$whole" -f tests/e2e/page/expected.sql >"$TLC_RUN/rows.json"
    node tests/e2e/page/page.mjs "$DASHBOARD_URL" "$TLC_RUN/rows.json" "$out" numbers || fail "the page against SQL, source $source, zone $zone, whole $whole"
    checks=$((checks + 1))
done

# The dashboard's file is damaged while it is down: set aside, begun anew, and filled again by consumer-process from the log.
dump() { curl -fsS "$DASHBOARD_URL/api/windows/dump" | sha256sum; }
before=$(dump)
kill -9 "$(cut -d' ' -f1 "$TLC_RUN/pid/dashboard")"
# As a thread of it that goes last would: its port is taken until someone has tried it. The dashboard keeps its address all the same.
node -e 'const server = require("net").createServer((c) => { c.destroy(); server.close(); });
    server.on("error", () => setTimeout(listen, 20)).on("listening", () => console.log("listens"));
    const listen = () => server.listen(Number(process.argv[1]), "127.0.0.1");
    listen();' "${DASHBOARD_URL##*:}" >"$TLC_RUN/holder.log" &
holder=$!
for ((i = 0; i < 200; i++)); do [ ! -s "$TLC_RUN/holder.log" ] || break; sleep 0.05; done
rm -f "$TLC_RUN"/dashboard.sqlite-*
dd if=/dev/urandom of="$TLC_RUN/dashboard.sqlite" bs=4096 seek=1 count=40 conv=notrunc status=none
./pipeline up >/dev/null
./pipeline settle
same "windows after the dashboard's file was damaged" "$(dump)" "$before"
compgen -G "$TLC_RUN/dashboard.sqlite.corrupt-*" >/dev/null || fail "the damaged file is not set aside"
grep -q damaged_file_set_aside "$TLC_RUN/log/dashboard.log" || fail "the log does not say that the damaged file was set aside"

# The same month again: every event is there already.
./pipeline replay "$month" --speed max
./pipeline settle
./pipeline audit || fail "the ledger after a second replay"
same "rows after a second replay" "$(sql 'select (select count(*) from trip_start_2202401) + (select count(*) from trip_end_2202401)')" \
    "$(expect whole '.starts + .ends')"
./pipeline down
printf '%d checks passed\n' "$checks"
