#!/usr/bin/env bash
# From one Kafka log: consumer-store and batch-process on one side, the Spark job that reads the topic on the other, no difference.
# Usage: spark_topic.sh BUILD_DIR      with consumer-store, batch-process and topic_feed; see spark_env.sh
set -euo pipefail
TLC_BUILD=$(realpath "${1:?usage: spark_topic.sh BUILD_DIR}")
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
# shellcheck source=tests/support/store.sh disable=SC1091
. tests/support/store.sh
# shellcheck source=tests/integration/batch-process/spark_env.sh disable=SC1091
. tests/integration/batch-process/spark_env.sh

spark_get
servers_up
forward "$(sql "select current_setting('unix_socket_directories') || '/.s.PGSQL.' || current_setting('port')")"
# shellcheck disable=SC2154 # work: by store.sh
feed 4 2202403 1 15000 0 97 >"$work/sent.json"
feed 4 1202411 1 10000 0 0 >"$work/sent2.json"
store_start a
messages=$(($(jq .messages "$work/sent.json") + $(jq .messages "$work/sent2.json")))
await 120 "the log is stored" read_is "$messages"
"$TLC_BUILD/bin/batch-process" --routes 40 >"$work/batch.log" 2>&1
expect 'trips ended in the days' "$(sql 'select count(*) from trip_end')" "$(sql 'select sum(ends) from day_total where zone_id = 0')"
spark_job --url "jdbc:postgresql://127.0.0.1:$port/$(sql 'select current_database()')?user=$(sql 'select current_user')" --brokers "$KAFKA_BROKERS"
differences | head -n 5 >&2
expect 'differences between C, from the rows, and Spark, from the log' 0 "$(differences | wc -l)"
expect 'rows were compared' yes "$(sql "select case when count(*) > 1000 then 'yes' end from spark.day_stat")"
