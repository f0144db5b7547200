#!/usr/bin/env bash
# The Spark job makes the same tables as batch-process, to the last number.
# Usage: spark.sh BATCH_BINARY      PySpark comes from PyPI and its jars from Maven Central into a temp folder, or from TLC_SPARK, a
#                                   folder with bin/spark-submit and jars/.
set -euo pipefail
binary=$(realpath "${1:?usage: spark.sh BATCH_BINARY}")
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
# shellcheck source=tests/integration/batch-process/pg_database.sh
. tests/integration/batch-process/pg_database.sh
command -v java >/dev/null || skip "no Java"

spark=${TLC_SPARK:-$work/spark}
if [ ! -x "$spark/bin/spark-submit" ]; then
    python3 -m venv "$spark"
    "$spark/bin/pip" install -q 'pyspark==4.1.1' >"$work/pip.log" 2>&1 ||
        skip "PySpark could not be installed from PyPI: $(tail -n 1 "$work/pip.log")"
fi
if [ ! -d "$spark/jars" ]; then
    command -v mvn >/dev/null || skip "no Maven"
    mvn -q -B -f batch-process/spark/pom.xml dependency:copy-dependencies -DoutputDirectory="$spark/jars" >"$work/mvn.log" 2>&1 ||
        skip "the jars could not be loaded by Maven: $(tail -n 1 "$work/mvn.log")"
fi

listen_on_tcp # Java has no Unix sockets
database_make
sql "select trips_add(1202403, 1, 4000, 1), trips_add(1202404, 1, 3000, 1), trips_add(2202411, 1, 4000, 1), trips_add(9000000, 1, 1000, 1)" >/dev/null
"$binary" --routes 40 >/dev/null 2>&1
sql_file batch-process/spark/tables.sql
PYSPARK_PYTHON=$spark/bin/python3 "$spark/bin/spark-submit" --master 'local[2]' --driver-memory 1g \
    --conf spark.sql.shuffle.partitions=4 --conf spark.ui.enabled=false --conf "spark.local.dir=$work" \
    --jars "$(printf '%s\n' "$spark"/jars/*.jar | paste -sd ,)" batch-process/spark/taxi_batch.py \
    --url "jdbc:postgresql://127.0.0.1:$port/postgres?user=taxi" --routes 40 >"$work/job.log" 2>&1 ||
    { tail -n 40 "$work/job.log" >&2; exit 1; }
differences() { psql -qXtA -v ON_ERROR_STOP=1 "$DATABASE_URL" -f batch-process/spark/differences.sql; }
differences | head -n 5 >&2
expect 'differences between C and Spark' 0 "$(differences | wc -l)"
expect 'rows that were compared' yes "$(sql "select case when count(*) > 1000 then 'yes' end from spark.day_stat")"

# The comparison can fail: late rows are in one and not in the other.
sql "select trips_add(1202403, 5000, 5300, 1)" >/dev/null
"$binary" --routes 40 >/dev/null 2>&1
expect 'late rows show as differences' yes "$(sql "select case when $(differences | wc -l) > 10 then 'yes' end")"
