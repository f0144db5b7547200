#!/usr/bin/env bash
# The Spark job makes the same tables as batch-process out of the same rows, to the last number.
# Usage: spark.sh BATCH_BINARY      see spark_env.sh
set -euo pipefail
binary=$(realpath "${1:?usage: spark.sh BATCH_BINARY}")
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
# shellcheck source=tests/integration/batch-process/pg_database.sh disable=SC1091
. tests/integration/batch-process/pg_database.sh
# shellcheck source=tests/integration/batch-process/spark_env.sh disable=SC1091
. tests/integration/batch-process/spark_env.sh

spark_get
listen_on_tcp # Java has no Unix sockets
database_make
sql "select trips_add(1202403, 1, 4000, 1), trips_add(1202404, 1, 3000, 1), trips_add(2202411, 1, 4000, 1), trips_add(9000000, 1, 1000, 1)" >/dev/null
"$binary" --routes 40 >/dev/null 2>&1
# shellcheck disable=SC2154 # port: by listen_on_tcp
spark_job --url "jdbc:postgresql://127.0.0.1:$port/postgres?user=taxi"
differences | head -n 5 >&2
expect 'differences between C and Spark' 0 "$(differences | wc -l)"
expect 'rows were compared' yes "$(sql "select case when count(*) > 1000 then 'yes' end from spark.day_stat")"

# The comparison can fail: late rows are in one and not in the other.
sql "select trips_add(1202403, 5000, 5300, 1)" >/dev/null
"$binary" --routes 40 >/dev/null 2>&1
expect 'late rows show as differences' yes "$(sql "select case when $(differences | wc -l) > 10 then 'yes' end")"
