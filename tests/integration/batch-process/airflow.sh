#!/usr/bin/env bash
# The Airflow DAGs in a real Airflow, of each generation: they import without a word, both days on which the clock changes, a nightly run,
# runs by hand and backfills ask for the right days, and what they make is what the oracle says.
# Usage: airflow.sh BATCH_BINARY [3|2]     both without a number. Airflow comes from PyPI into a temp folder, or from TLC_AIRFLOW_3 or
# TLC_AIRFLOW_2, a folder with bin/airflow.
set -euo pipefail
declare -A versions=([3]=3.3.2 [2]=2.11.2)
binary=$(realpath "${1:?usage: airflow.sh BATCH_BINARY [3|2]}")
major=${2:-}
if [ -z "$major" ]; then
    worst=0
    for major in 3 2; do
        "$0" "$binary" "$major" && status=0 || status=$?
        case $status in
        0) ;;
        77) [ "$worst" -ne 0 ] || worst=77 ;;
        *) worst=$status ;;
        esac
    done
    exit "$worst"
fi
[ -n "${versions[$major]:-}" ] || { printf 'no Airflow %s: 3 or 2\n' "$major" >&2; exit 64; }
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
# shellcheck source=tests/integration/batch-process/pg_database.sh disable=SC1091
. tests/integration/batch-process/pg_database.sh
about="Airflow ${versions[$major]}"
servers=()
airflow_clean_up() {
    local status=$? server
    for server in "${servers[@]}"; do kill "$server" 2>/dev/null || true; done
    for server in "${servers[@]}"; do wait "$server" 2>/dev/null || true; done
    [ $status -eq 0 ] || [ $status -eq 77 ] || tail -n 15 "$work"/*.log >&2 || true
    tests/support/pg_cluster.sh stop "$cluster"
    rm -rf "$work"
    exit $status
}
trap airflow_clean_up EXIT

airflow_get() {
    local named=TLC_AIRFLOW_$major
    airflow_dir=${!named:-$work/airflow}
    [ ! -x "$airflow_dir/bin/airflow" ] || return 0
    python3 -m venv "$airflow_dir" >"$work/venv.log" 2>&1 || skip "python3 makes no virtual environment: python3-venv is missing"
    "$airflow_dir/bin/pip" install -q "apache-airflow==${versions[$major]}" >"$work/pip.log" 2>&1 ||
        skip "$about could not be installed from PyPI for $(python3 --version): $(tail -n 1 "$work/pip.log")"
}
airflow_get
PATH=$airflow_dir/bin:$PATH
export AIRFLOW_HOME=$work/home AIRFLOW__CORE__DAGS_FOLDER=$PWD/batch-process/airflow AIRFLOW__CORE__LOAD_EXAMPLES=False
export AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=sqlite:///$work/airflow.db AIRFLOW__CORE__DEFAULT_TIMEZONE=America/New_York
export AIRFLOW__LOGGING__LOGGING_LEVEL=WARNING AIRFLOW__SCHEDULER__DAG_DIR_LIST_INTERVAL=5 PYTHONDONTWRITEBYTECODE=1 BATCH_PROCESS=$binary
export TZ=Asia/Tokyo # the machine's clock is not New York's
if [ "$major" = 2 ]; then
    export AIRFLOW__CORE__EXECUTOR=SequentialExecutor
else
    port=$(free_port)
    export AIRFLOW__CORE__EXECUTOR=LocalExecutor AIRFLOW__CORE__PARALLELISM=2
    export AIRFLOW__API__BASE_URL=http://127.0.0.1:$port AIRFLOW__CORE__EXECUTION_API_SERVER_URL=http://127.0.0.1:$port/execution/
    AIRFLOW__API_AUTH__JWT_SECRET=$(head -c 64 /dev/urandom | base64 -w 0)
    export AIRFLOW__API_AUTH__JWT_SECRET
fi

run() { # log name, command...
    local log=$work/$1.log
    shift
    "$@" >"$log" 2>&1 || failed "$* ended with $?: $(tail -n 5 "$log")"
}
answers() { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }
servers_start() {
    [ ${#servers[@]} -eq 0 ] || return 0
    if [ "$major" = 3 ]; then
        airflow api-server --host 127.0.0.1 --port "$port" --workers 1 >"$work/api.log" 2>&1 &
        servers+=($!)
        await 120 'the API server answers' answers
    fi
    airflow scheduler --skip-serve-logs >"$work/scheduler.log" 2>&1 &
    servers+=($!)
}
backfill() { # log name, DAG, first date, last date: the command of docs/batch.md; where it returns at once, its runs come later
    if [ "$major" = 2 ]; then
        airflow dags backfill "$2" --start-date "$3" --end-date "$4" --reset-dagruns --yes >"$work/$1.log" 2>&1 || true
        return
    fi
    servers_start
    run "$1-unpause" airflow dags unpause "$2"
    run "$1" airflow backfill create --dag-id "$2" --from-date "$3" --to-date "$4" --reprocess-behavior completed --max-active-runs 1
}
# Airflow's own runs, as "state" of each, sorted.
states() { # DAG, type
    python3 - "$work/airflow.db" "$@" <<'PYTHON'
import sqlite3, sys
rows = sqlite3.connect(sys.argv[1]).execute("select state from dag_run where dag_id = ? and run_type = ? order by 1", sys.argv[2:])
print(*(state for state, in rows))
PYTHON
}
states_are() { [ "$(states "$1" "$2")" = "$3" ]; }
asked_n() { # first day, the day after the last: how many runs of batch-process ended that were asked for them
    sql "select count(*) from batch_run where why = 'days asked for from $1 before $2' and ended_at is not null and error is null"
}
asked_is() { [ "$(asked_n "$1" "$2")" = "$3" ]; }

database_make
sql "select trips_add(1202403, 1, 300, 1), trips_add(2202411, 1, 300, 1)" >/dev/null
run migrate airflow db migrate
run serialize airflow dags reserialize

expect 'no import errors' 'No data found' "$(airflow dags list-import-errors 2>/dev/null | tail -n 1)"
expect 'three DAGs' 'taxi_batch_daily taxi_batch_monthly taxi_batch_weekly' \
    "$(airflow dags list -o plain 2>/dev/null | awk '/^taxi_/ {print $1}' | sort | paste -sd ' ')"
# Whatever module warns: it does so while this import runs, at a line of this file.
run import python -W always -c "import runpy; runpy.run_path('batch-process/airflow/taxi_batch.py')"
expect 'warnings at a line of the DAG' '' "$(grep -E 'taxi_batch\.py.*Warning' "$work/import.log" || true)"

run spring airflow dags test taxi_batch_daily 2024-03-11T06:00:00
oracle_load # (its interval is the last day that had ended by then)
expect 'the day of 23 hours was asked for' 1 "$(asked_n 2024-03-10 2024-03-11)"
expect 'what hangs behind it ran' 1 "$(sql "select count(*) from batch_run where why = 'days that changed'")"
expect 'no day is marked any more' 0 "$(sql 'select count(*) from dirty_day')"
expect 'differences from the oracle after one run' 0 "$(sql 'select count(*) from differences(100)')"
run autumn airflow dags test taxi_batch_daily 2024-11-04T06:00:00
expect 'the day of 25 hours was asked for' 1 "$(asked_n 2024-11-03 2024-11-04)"

sql "delete from trip_end where trip_id % 9 = 0; delete from day_total; delete from day_stat; delete from route_day; delete from ride_day"
sql "delete from week_stat; delete from month_stat"
backfill days taxi_batch_daily 2024-03-09 2024-03-11
await 240 'a backfill of three days is done' states_are taxi_batch_daily backfill 'success success success'
expect 'each day was asked for' '1 2 1' "$(asked_n 2024-03-09 2024-03-10) $(asked_n 2024-03-10 2024-03-11) $(asked_n 2024-03-11 2024-03-12)"
expect 'differences in the days of the backfill' 0 \
    "$(sql "select count(*) from differences(100) where owner = 1202403 and day between '2024-03-09' and '2024-03-11'")"

sql "delete from trip_start where trip_id % 9 = 1"
backfill month taxi_batch_monthly 2024-03-01 2024-03-31
await 240 'the monthly run fails for days without data' states_are taxi_batch_monthly backfill failed
expect 'the month was asked for' 1 "$(asked_n 2024-03-01 2024-04-01)"
backfilled=$(sql 'select md5(string_agg(t::text, chr(10) order by t::text)) from (select * from day_total where source_id = 1202403) t')
expect 'differences in March after a backfill of the month' 0 "$(sql 'select count(*) from differences(100) where owner in (1, 1202403)')"
"$binary" --all >/dev/null 2>&1
expect 'a backfill of the month equals --all' "$backfilled" \
    "$(sql 'select md5(string_agg(t::text, chr(10) order by t::text)) from (select * from day_total where source_id = 1202403) t')"
expect 'differences after --all' 0 "$(sql 'select count(*) from differences(100)')"

# A night: the scheduler makes the run of the last whole day by itself, and what hangs behind it runs.
servers_start
today=$(TZ=America/New_York date +%F) yesterday=$(TZ=America/New_York date -d 'yesterday 12:00' +%F)
run unpause airflow dags unpause taxi_batch_daily
await 180 'a nightly run is done' states_are taxi_batch_daily scheduled success
expect 'it asked for yesterday' 1 "$(asked_n "$yesterday" "$today")"
# By hand: the last whole day, now or before a logical date (of which Airflow 3 makes no interval).
run by-hand airflow dags trigger taxi_batch_daily
await 120 'a run by hand asks for yesterday' asked_is "$yesterday" "$today" 2
logical=--logical-date
[ "$major" = 3 ] || logical=--exec-date
run by-date airflow dags trigger taxi_batch_daily $logical 2024-11-04
await 120 'a run by hand with a logical date asks for the day before it' asked_is 2024-11-03 2024-11-04 2
await 60 'the runs by hand succeed' states_are taxi_batch_daily manual 'success success success success'
