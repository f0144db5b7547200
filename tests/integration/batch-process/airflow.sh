#!/usr/bin/env bash
# The Airflow DAGs in a real Airflow: they import, a run of the day of 23 hours and backfills make what the oracle says.
# Usage: airflow.sh BATCH_BINARY        Airflow comes from PyPI into a temp folder, or from TLC_AIRFLOW, a folder with bin/airflow.
set -euo pipefail
binary=$(realpath "${1:?usage: airflow.sh BATCH_BINARY}")
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
# shellcheck source=tests/integration/batch-process/pg_database.sh disable=SC1091
. tests/integration/batch-process/pg_database.sh

airflow_dir=${TLC_AIRFLOW:-$work/airflow}
if [ ! -x "$airflow_dir/bin/airflow" ]; then
    python3 -m venv "$airflow_dir"
    "$airflow_dir/bin/pip" install -q 'apache-airflow==2.10.5' >"$work/pip.log" 2>&1 ||
        skip "Airflow could not be installed from PyPI: $(tail -n 1 "$work/pip.log")"
fi
export AIRFLOW_HOME=$work/home AIRFLOW__CORE__DAGS_FOLDER=$PWD/batch-process/airflow AIRFLOW__CORE__LOAD_EXAMPLES=False
export AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=sqlite:///$work/airflow.db AIRFLOW__CORE__DEFAULT_TIMEZONE=America/New_York
export AIRFLOW__CORE__EXECUTOR=DebugExecutor AIRFLOW__LOGGING__LOGGING_LEVEL=WARNING PYTHONDONTWRITEBYTECODE=1 PYTHONWARNINGS=ignore BATCH_PROCESS=$binary
export TZ=Asia/Tokyo # the machine's clock is not New York's
PATH=$airflow_dir/bin:$PATH

database_make
sql "select trips_add(1202403, 1, 300, 1), trips_add(2202411, 1, 300, 1)" >/dev/null
airflow db migrate >"$work/migrate.log" 2>&1 || { tail -n 20 "$work/migrate.log" >&2; exit 1; }

expect 'no import errors' 'No data found' "$(airflow dags list-import-errors 2>/dev/null | tail -n 1)"
expect 'three DAGs' 'taxi_batch_daily taxi_batch_monthly taxi_batch_weekly' \
    "$(airflow dags list -o plain 2>/dev/null | awk '/^taxi_/ {print $1}' | sort | paste -sd ' ')"

airflow dags test taxi_batch_daily 2024-03-11T06:00:00 >"$work/test.log" 2>&1 || { tail -n 30 "$work/test.log" >&2; exit 1; }
oracle_load # (its interval is the last day that had ended by then)
expect 'the day of 23 hours was asked for' 'days asked for from 2024-03-10 before 2024-03-11' \
    "$(sql 'select why from batch_run order by run_id limit 1')"
expect 'no day is marked any more' 0 "$(sql 'select count(*) from dirty_day')"
expect 'differences from the oracle after one run' 0 "$(sql 'select count(*) from differences(100)')"

sql "delete from trip_end where trip_id % 9 = 0; delete from day_total; delete from day_stat; delete from route_day; delete from ride_day"
sql "delete from week_stat; delete from month_stat"
airflow dags backfill taxi_batch_daily -s 2024-03-06 -e 2024-03-15 >"$work/backfill.log" 2>&1 || { tail -n 30 "$work/backfill.log" >&2; exit 1; }
expect 'differences in March after a backfill by days' 0 "$(sql 'select count(*) from differences(100) where owner in (1, 1202403)')"

sql "delete from trip_start where trip_id % 9 = 1"
airflow dags backfill taxi_batch_monthly -s 2024-03-01 -e 2024-03-31 >"$work/month.log" 2>&1 && status=0 || status=$?
expect 'the monthly run fails for days without data' yes "$([ "$status" -ne 0 ] && echo yes)"
backfilled=$(sql 'select md5(string_agg(t::text, chr(10) order by t::text)) from (select * from day_total where source_id = 1202403) t')
expect 'differences in March after a backfill of the month' 0 "$(sql 'select count(*) from differences(100) where owner in (1, 1202403)')"
"$binary" --all >/dev/null 2>&1
expect 'a backfill of the month equals --all' "$backfilled" \
    "$(sql 'select md5(string_agg(t::text, chr(10) order by t::text)) from (select * from day_total where source_id = 1202403) t')"
expect 'differences after --all' 0 "$(sql 'select count(*) from differences(100)')"
