#!/usr/bin/env bash
# Guess: `airflow dags trigger --logical-date D` of a DAG with CronDataIntervalTimetable gives the run the data interval that ends before D,
#   as Airflow 2 does with --exec-date D and as `airflow dags test DAG D` does in both.
# Really: Airflow 3 keeps D as the logical date but counts the data interval from the moment of the trigger: the run says 4 November 2024 and
#   its interval is yesterday. Without --logical-date there is no interval at all, where Airflow 2 gives yesterday's.
# Seen: apache-airflow 3.3.2 and 2.11.2, Python 3.11, SQLite, 2026-11-28.
# Matters: a task that makes "the day of the data interval" (the usual template) silently makes yesterday again instead of the day that was
#   asked for, and succeeds; a repair by hand after the move from 2 to 3 repairs nothing. Without a logical date its template is an error.
# Usage: findings/airflow_logical_date.sh      exit status 0 while it behaves so
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/dags"
cat >"$work/dags/nightly.py" <<'DAG'
import pendulum
try:
    from airflow.sdk import DAG, CronDataIntervalTimetable
except ImportError:
    from airflow.models.dag import DAG
    from airflow.timetables.interval import CronDataIntervalTimetable

with DAG("nightly", schedule=CronDataIntervalTimetable("0 0 * * *", timezone="UTC"), catchup=False,
         start_date=pendulum.datetime(2020, 1, 1, tz="UTC")):
    pass
DAG
export AIRFLOW__CORE__DAGS_FOLDER=$work/dags AIRFLOW__CORE__LOAD_EXAMPLES=False AIRFLOW__LOGGING__LOGGING_LEVEL=ERROR PYTHONWARNINGS=ignore

intervals() { # version, option of the date: the intervals with and without the date, each as "start end" or "none"
    local home=$work/$1
    python3 -m venv "$home/venv"
    "$home/venv/bin/pip" install -q --disable-pip-version-check "$1" >&2
    (
        export AIRFLOW_HOME=$home PATH=$home/venv/bin:$PATH
        airflow version >&2
        airflow db migrate >"$home/log" 2>&1
        airflow dags reserialize >>"$home/log" 2>&1
        for option in "$2 2024-11-04T00:00:00+00:00" ""; do
            # shellcheck disable=SC2086 # two words or none
            airflow dags trigger nightly $option -o json 2>>"$home/log" | python3 -c '
import json, sys
run = json.loads([line for line in sys.stdin if line.startswith("[{")][-1])[0]
print(*((run["data_interval_" + end] or "none")[:10] for end in ("start", "end")))'
        done
    )
}
before=$(date -u +%F)
three=$(intervals apache-airflow==3.3.2 --logical-date)
two=$(intervals apache-airflow==2.11.2 --exec-date)
after=$(date -u +%F)
[ "$before" = "$after" ] || { printf 'midnight came between: run it again\n' >&2; exit 1; }
today=$after yesterday=$(date -u -d "$after - 1 day" +%F)
printf 'Airflow 3: asked for 2024-11-04 its interval is %s; without a date %s\n' "$(sed -n 1p <<<"$three")" "$(sed -n 2p <<<"$three")"
printf 'Airflow 2: asked for 2024-11-04 its interval is %s; without a date %s\n' "$(sed -n 1p <<<"$two")" "$(sed -n 2p <<<"$two")"
[ "$three" = "$yesterday $today"$'\n'"none none" ] && [ "$two" = "2024-11-03 2024-11-04"$'\n'"$yesterday $today" ]
