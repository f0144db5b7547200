# PySpark and its jars, for shell tests of the Spark job: from PyPI and Maven Central into the temp folder $work, or from TLC_SPARK, a
# folder with bin/spark-submit and jars/. Sourced from the repository root by a script that has skip, sql and work.
# shellcheck shell=bash

spark_get() {
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
}

spark_job() { # options of the job...
    psql -qX -v ON_ERROR_STOP=1 "$DATABASE_URL" -f batch-process/spark/tables.sql >/dev/null 2>&1
    PYSPARK_PYTHON=$spark/bin/python3 "$spark/bin/spark-submit" --master 'local[2]' --driver-memory 1g \
        --conf spark.sql.shuffle.partitions=4 --conf spark.ui.enabled=false --conf "spark.local.dir=$work" \
        --jars "$(printf '%s\n' "$spark"/jars/*.jar | paste -sd ,)" batch-process/spark/taxi_batch.py --routes 40 "$@" >"$work/job.log" 2>&1 ||
        { tail -n 40 "$work/job.log" >&2; exit 1; }
}

# Rows that one side has and the other has not.
differences() { psql -qXtA -v ON_ERROR_STOP=1 "$DATABASE_URL" -f batch-process/spark/differences.sql; }
