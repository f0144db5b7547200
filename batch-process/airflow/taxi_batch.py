"""The batch layer under Airflow 2: days each night, weeks on Mondays, months on the first, on New York's clock.

A run makes the days of its data interval, whatever changed in them, with their weeks and months; so a backfill over a range of dates
makes that range again:

    AIRFLOW__CORE__DEFAULT_TIMEZONE=America/New_York \\
        airflow dags backfill taxi_batch_daily --start-date 2024-01-01 --end-date 2024-01-31 --reset-dagruns --yes

The nightly run also makes every other day whose rows changed since (late trips, reloaded months). Weekly and monthly runs fail when
days of their span have no data. Settings, as environment variables of the workers: DATABASE_URL as batch-process takes it, and
BATCH_PROCESS, the program, where it is not in PATH.
"""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.models.dag import DAG
from airflow.operators.bash import BashOperator

NEW_YORK = pendulum.timezone("America/New_York")

# The days of the data interval: --to is the day after the last, as the interval's end is.
SPAN = " ".join(
    f"{option} {{{{ data_interval_{bound}.in_timezone('America/New_York').to_date_string() }}}}"
    for option, bound in (("--from", "start"), ("--to", "end"))
)

DEFAULTS = {
    "retries": 3,
    "retry_delay": timedelta(minutes=1),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=20),
    "execution_timeout": timedelta(hours=6),
}


def batch(task_id: str, arguments: str, **settings) -> BashOperator:
    return BashOperator(
        task_id=task_id,
        bash_command=f'"${{BATCH_PROCESS:-batch-process}}" {arguments}',
        append_env=True,
        do_xcom_push=False,
        **settings,
    )


def dag(dag_id: str, schedule: str, description: str) -> DAG:
    return DAG(
        dag_id=dag_id,
        description=description,
        schedule=schedule,
        start_date=pendulum.datetime(2009, 1, 1, tz=NEW_YORK),
        catchup=False,
        max_active_runs=1,
        default_args=DEFAULTS,
        tags=["taxi"],
        doc_md=__doc__,
    )


with dag("taxi_batch_daily", "0 0 * * *", "Make yesterday's figures, and those of days that changed since"):
    batch("day", SPAN) >> batch("changed_days", "")

with dag("taxi_batch_weekly", "0 0 * * MON", "Make last week's figures again, look for days without data"):
    batch("week", SPAN) >> batch("gaps", f"--gaps {SPAN}", retries=0)

with dag("taxi_batch_monthly", "0 0 1 * *", "Make last month's figures again, look for days without data"):
    batch("month", SPAN) >> batch("gaps", f"--gaps {SPAN}", retries=0)
