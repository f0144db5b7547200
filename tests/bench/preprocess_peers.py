#!/usr/bin/env python3
"""preprocess against DuckDB and Polars: the same month to start and end events, sorted by time, as NDJSON.

Usage: tests/bench/preprocess_peers.py PROGRAM FILE [ROUNDS]     FILE: yellow CSV or Parquet, e.g. of data/make-month
Needs `pip install duckdb polars` (PyPI); not part of CI. Engines take turns, two threads each, so that what else the machine does
hits all alike; figures are medians, and of this machine at this moment: compare the ratios. The peers do less: no rules, no rejects, no
daylight saving, no hashes.
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time


def run_duckdb(path, out):
    import duckdb

    duckdb.sql("SET threads = 2")
    duckdb.sql("SET memory_limit = '2GB'")
    reader = f"read_parquet('{path}', file_row_number = true)" if path.endswith(".parquet") else f"read_csv('{path}')"
    row = "file_row_number + 1" if path.endswith(".parquet") else "row_number() OVER ()"
    duckdb.sql(f"""COPY (
        WITH trip AS (SELECT 1202401000000000 + {row} AS id, * FROM {reader})
        SELECT id AS TripID, VendorID, strftime(tpep_pickup_datetime, '%Y-%m-%dT%H:%M:%S-05:00') AS Datetime, 'start' AS Status,
            PULocationID AS ZoneID, passenger_count AS PassengerCount, NULL AS TripDistance, NULL AS PaymentType,
            NULL AS FareAmount, NULL AS TipAmount, NULL AS TotalAmount FROM trip
        UNION ALL
        SELECT id, VendorID, strftime(tpep_dropoff_datetime, '%Y-%m-%dT%H:%M:%S-05:00'), 'end', DOLocationID, NULL, trip_distance,
            payment_type, fare_amount, tip_amount, total_amount FROM trip
        ORDER BY Datetime, TripID, Status DESC) TO '{out}' (FORMAT json)""")


def run_polars(path, out):
    import polars as pl

    trip = pl.scan_parquet(path) if path.endswith(".parquet") else pl.scan_csv(path, try_parse_dates=True)
    trip = trip.with_row_index("row", offset=1).with_columns((pl.col("row").cast(pl.Int64) + 1202401000000000).alias("TripID"))
    start = trip.select(
        "TripID", "VendorID", pl.col("tpep_pickup_datetime").alias("t"), pl.lit("start").alias("Status"),
        pl.col("PULocationID").alias("ZoneID"), pl.col("passenger_count").alias("PassengerCount"))
    end = trip.select(
        "TripID", "VendorID", pl.col("tpep_dropoff_datetime").alias("t"), pl.lit("end").alias("Status"),
        pl.col("DOLocationID").alias("ZoneID"), pl.col("trip_distance").alias("TripDistance"), pl.col("payment_type").alias("PaymentType"),
        pl.col("fare_amount").alias("FareAmount"), pl.col("tip_amount").alias("TipAmount"), pl.col("total_amount").alias("TotalAmount"))
    events = pl.concat([start, end], how="diagonal").sort("t", "TripID", maintain_order=True)
    events = events.with_columns(pl.col("t").dt.strftime("%Y-%m-%dT%H:%M:%S-05:00").alias("Datetime")).drop("t")
    events.collect().write_ndjson(out)


def measure(command, env=None):
    start = time.monotonic()
    child = subprocess.Popen(command, env=env, stderr=subprocess.PIPE)
    errors = child.stderr.read()
    _, status, used = os.wait4(child.pid, 0)
    seconds = time.monotonic() - start
    if status != 0:
        sys.exit(f"{command[0]} failed: {errors.decode(errors='replace')}")
    return seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main():
    if len(sys.argv) == 4 and sys.argv[1] in ("--duckdb", "--polars"):
        (run_duckdb if sys.argv[1] == "--duckdb" else run_polars)(sys.argv[2], sys.argv[3])
        return
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    program, path, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 3
    figures = {"preprocess": [], "duckdb": [], "polars": []}
    with tempfile.TemporaryDirectory() as out:
        commands = {
            "preprocess": [program, path, "--output", out, "--force", "--quiet", "--threads", "2"],
            "duckdb": [sys.executable, __file__, "--duckdb", path, f"{out}/duckdb.ndjson"],
            "polars": [sys.executable, __file__, "--polars", path, f"{out}/polars.ndjson"],
        }
        for _ in range(rounds):
            for name, command in commands.items():
                figures[name].append(measure(command, {**os.environ, "POLARS_MAX_THREADS": "2"}))
        with open(f"{out}/manifest.json") as f:
            events = json.load(f)["events"]
    print(f"{path}: {events} events, {rounds} rounds, medians")
    ours = figures["preprocess"]
    for name, runs in figures.items():
        wall, cpu, mib = (statistics.median(r[i] for r in runs) for i in range(3))
        ratio = [statistics.median(r[i] for r in runs) / statistics.median(r[i] for r in ours) for i in range(2)]
        print(f"  {name:11} {wall:6.2f} s  {events / wall / 1e6:5.2f} M events/s  {cpu:6.2f} s CPU  {mib:6.0f} MiB"
              f"   time x{ratio[0]:.2f}  CPU x{ratio[1]:.2f}")


main()
