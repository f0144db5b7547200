"""The batch layer under Airflow 3 or 2: days each night, weeks on Mondays, months on the first, on New York's clock.

A scheduled run makes the days of its data interval, whatever changed in them, with their weeks and months; the nightly one then makes
every other day whose rows changed since (late trips, reloaded months). Weekly and monthly runs fail when days of their span have no
data. A run that is triggered by hand makes the last whole day, week or month before its logical date; without a logical date, before now.
A backfill makes a range of dates again (docs/batch.md says how, for each version).

Settings, as environment variables of the workers: DATABASE_URL as batch-process takes it, and BATCH_PROCESS, the program, where it is
not in PATH.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pendulum

# Where Airflow 3 has them, then where Airflow 2 had them.
try:
    from airflow.sdk import DAG
except ImportError:
    from airflow.models.dag import DAG
try:
    from airflow.sdk import CronDataIntervalTimetable
except ImportError:
    from airflow.timetables.interval import CronDataIntervalTimetable
try:
    from airflow.providers.standard.operators.bash import BashOperator
except ImportError:
    from airflow.operators.bash import BashOperator

NEW_YORK = pendulum.timezone("America/New_York")

DEFAULTS = {
    "retries": 3,
    "retry_delay": timedelta(minutes=1),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=20),
    "execution_timeout": timedelta(hours=6),
}


def new_york_date(at: datetime) -> date:
    return pendulum.instance(at).in_timezone(NEW_YORK).date()


def span(unit: str, dag_run) -> str:
    """The options for a run's days; --to is the day after the last, as the end of a data interval is.

    The data interval of a run by hand tells nothing: Airflow 3 counts it from now even where a logical date is given, and leaves it out
    where none is. Nor does that of a run from before this DAG asked for intervals: it is empty.
    """
    start, end = dag_run.data_interval_start, dag_run.data_interval_end
    if dag_run.run_type in ("scheduled", "backfill") and start and start < end:
        first, after = new_york_date(start), new_york_date(end)
    else:
        after = new_york_date(dag_run.logical_date or dag_run.run_after).start_of(unit)
        first = after.subtract(**{f"{unit}s": 1})
    return f"--from {first.isoformat()} --to {after.isoformat()}"


def batch(task_id: str, arguments: str, **settings) -> BashOperator:
    return BashOperator(
        task_id=task_id,
        bash_command=f'"${{BATCH_PROCESS:-batch-process}}" {arguments}',
        append_env=True,
        do_xcom_push=False,
        **settings,
    )


def dag(dag_id: str, cron: str, description: str) -> DAG:
    return DAG(
        dag_id=dag_id,
        description=description,
        # Asked for by name: of a mere string Airflow 3 makes runs without an interval.
        schedule=CronDataIntervalTimetable(cron, timezone=NEW_YORK),
        start_date=pendulum.datetime(2009, 1, 1, tz=NEW_YORK),
        catchup=False,
        max_active_runs=1,
        default_args=DEFAULTS,
        user_defined_macros={"span": span},
        tags=["taxi"],
        doc_md=__doc__,
    )


with dag("taxi_batch_daily", "0 0 * * *", "Make yesterday's figures, and those of days that changed since"):
    batch("day", "{{ span('day', dag_run) }}") >> batch("changed_days", "")

with dag("taxi_batch_weekly", "0 0 * * MON", "Make last week's figures again, look for days without data"):
    batch("week", "{{ span('week', dag_run) }}") >> batch("gaps", "--gaps {{ span('week', dag_run) }}", retries=0)

with dag("taxi_batch_monthly", "0 0 1 * *", "Make last month's figures again, look for days without data"):
    batch("month", "{{ span('month', dag_run) }}") >> batch("gaps", "--gaps {{ span('month', dag_run) }}", retries=0)
