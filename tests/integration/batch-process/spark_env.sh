# PySpark and its jars, for shell tests of the Spark job: from PyPI and Maven Central into the temp folder $work, or from TLC_SPARK, a
# folder with bin/spark-submit and jars/. Sourced from the repository root by a script that has skip, sql and work.
# shellcheck shell=bash

spark_get() {
    command -v java >/dev/null || skip "no Java"
    spark=${TLC_SPARK:-$work/spark}
    if [ ! -x "$spark/bin/spark-submit" ]; then
        python3 -m venv "$spark" >"$work/venv.log" 2>&1 || skip "python3 makes no virtual environment: python3-venv is missing"
        "$spark/bin/pip" install -q 'pyspark==4.2.0' >"$work/pip.log" 2>&1 ||
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

# A private server is on a Unix socket, which Java does not know: a loopback port for it, as long as this script lives.
forward() { # socket: sets port
    exec {announced}< <(exec python3 - "$1" $$ <<'PYTHON'
import asyncio, os, sys
async def pump(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()
async def serve(reader, writer):
    there = await asyncio.open_unix_connection(sys.argv[1])
    await asyncio.gather(pump(reader, there[1]), pump(there[0], writer), return_exceptions=True)
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    while os.path.exists(f"/proc/{sys.argv[2]}"):
        await asyncio.sleep(0.5)
asyncio.run(main())
PYTHON
    )
    read -r -u "$announced" port
}
