"""The tables of batch-process by PySpark: for more rows than one machine holds, and as a second opinion on the C program.

Reads the trips from PostgreSQL, or from the topic with --brokers, and fills the tables of another schema, which tables.sql makes.
Shares nothing with batch-process but the meaning of the columns (docs/windows.md, sql/001_tables.sql).

    spark-submit --jars "$(echo jars/*.jar | tr ' ' ,)" taxi_batch.py --url 'jdbc:postgresql://127.0.0.1/taxi?user=taxi' \\
        [--brokers 127.0.0.1:9092]
"""

from __future__ import annotations

import argparse

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.window import Window

NEW_YORK = "America/New_York"
DAY_S = 24 * 3600
SUMS = ["starts", "ends", "matched", "orphan_ends", "expired_starts", "passengers", "distance_cmi", "fare_cents", "tip_cents",
        "total_cents", "ride_s"]
DRIVER = "org.postgresql.Driver"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True, help="JDBC URL of the database")
    parser.add_argument("--brokers", help="read the trips from Kafka instead of the tables")
    parser.add_argument("--topic", default="trips")
    parser.add_argument("--schema", default="spark", help="where the tables are filled")
    parser.add_argument("--routes", type=int, default=100, help="how many of a day's busiest routes to keep")
    return parser.parse_args()


# ---- where the trips come from: starts (trip_id, at, zone, passengers), ends (trip_id, at, zone, distance_cmi, ..._cents)


def from_tables(spark: SparkSession, url: str) -> tuple[DataFrame, DataFrame]:
    def table(name: str) -> DataFrame:
        return spark.read.jdbc(url, name, properties={"driver": DRIVER, "fetchsize": "20000"})

    starts = table("trip_start").select(
        "trip_id", F.unix_timestamp("at").alias("at"), F.col("zone_id").alias("zone"), F.col("passenger_count").alias("passengers")
    )
    ends = table("trip_end").select(
        "trip_id", F.unix_timestamp("at").alias("at"), F.col("zone_id").alias("zone"),
        F.round(F.col("distance_mi").cast("double") * 100).cast("long").alias("distance_cmi"),
        "fare_cents", "tip_cents", "total_cents",
    )
    return starts, ends


def from_topic(spark: SparkSession, brokers: str, topic: str) -> tuple[DataFrame, DataFrame]:
    schema = ("TripID long, Datetime timestamp, Status string, ZoneID int, PassengerCount int, TripDistance decimal(12,2), "
              "FareAmount decimal(12,2), TipAmount decimal(12,2), TotalAmount decimal(12,2)")
    log = (spark.read.format("kafka").option("kafka.bootstrap.servers", brokers).option("subscribe", topic)
           .option("startingOffsets", "earliest").load())
    # The first copy of an event is the one that counts; all of a trip are in one partition. Close marks have no TripID.
    first = Window.partitionBy("e.TripID", "e.Status").orderBy("offset")
    events = (log.select("offset", F.from_json(F.col("value").cast("string"), schema).alias("e"))
              .where("e.TripID is not null and e.Datetime is not null")
              .withColumn("copy", F.row_number().over(first)).where("copy = 1").select("e.*")
              .withColumn("trip_id", F.col("TripID")).withColumn("at", F.unix_timestamp("Datetime"))
              .withColumn("zone", F.col("ZoneID")))

    def hundredths(name: str, alias: str):
        return (F.col(name) * 100).cast("long").alias(alias)

    starts = events.where("Status = 'start'").select("trip_id", "at", "zone", F.col("PassengerCount").alias("passengers"))
    ends = events.where("Status = 'end'").select(
        "trip_id", "at", "zone", hundredths("TripDistance", "distance_cmi"), hundredths("FareAmount", "fare_cents"),
        hundredths("TipAmount", "tip_cents"), hundredths("TotalAmount", "total_cents"))
    return starts, ends


# ---- what a trip does, where and when


def effects(starts: DataFrame, ends: DataFrame) -> DataFrame:
    """One row for each thing that counts: source_id, day, hour, zone_id, pickup, ride (both null unless matched), and the sums."""
    s = starts.select("trip_id", F.col("at").alias("s_at"), F.col("zone").alias("s_zone"), "passengers")
    e = ends.withColumnsRenamed({"at": "e_at", "zone": "e_zone"})
    trips = (s.join(e, "trip_id", "full_outer").withColumn("ride", F.col("e_at") - F.col("s_at"))
             .withColumn("whole", F.coalesce(F.col("ride").between(0, DAY_S), F.lit(False))))

    def part(rows: DataFrame, at, zone: str, counts: dict) -> DataFrame:
        named = {name: F.coalesce(counts.get(name, F.lit(0)).cast("long"), F.lit(0)).alias(name) for name in SUMS}
        matched = "matched" in counts
        return rows.select(
            F.floor(F.col("trip_id") / 1_000_000_000).cast("int").alias("source_id"), at.alias("at"), F.col(zone).alias("zone_id"),
            (F.when(F.col("whole"), F.col("s_zone")) if matched else F.lit(None).cast("int")).alias("pickup"),
            (F.when(F.col("whole"), F.col("ride")) if matched else F.lit(None).cast("long")).alias("ride"), *named.values())

    one = F.lit(1)
    whole = F.col("whole").cast("long")
    began = part(trips.where("s_at is not null"), F.col("s_at"), "s_zone", {"starts": one, "passengers": F.col("passengers")})
    ended = part(trips.where("e_at is not null"), F.col("e_at"), "e_zone", {
        "ends": one, "matched": whole, "orphan_ends": 1 - whole, "ride_s": F.when(F.col("whole"), F.col("ride")),
        **{name: F.col(name) for name in ("distance_cmi", "fare_cents", "tip_cents", "total_cents")}})
    booked = F.when(F.col("ride") < 0, F.col("s_at")).otherwise(F.col("s_at") + DAY_S)
    expired = part(trips.where("s_at is not null and not whole"), booked, "s_zone", {"expired_starts": one})
    at = F.timestamp_seconds("at")
    return (began.unionByName(ended).unionByName(expired)
            .withColumn("day", F.to_date(at)).withColumn("hour", F.hour(at)).drop("at")
            .withColumn("dataset", F.floor(F.col("source_id") / 1_000_000).cast("int")))


# ---- the tables


def sums() -> list:
    return [F.sum(name).alias(name) for name in SUMS]


def quantile(share: str):
    return F.expr(f"percentile_disc({share}) within group (order by ride)").cast("int")


def bins(minutes: int, n: int):
    inside = [F.col("ride").between(minutes * 60 * b, minutes * 60 * (b + 1) - 1) for b in range(n - 1)]
    counts = [F.count(F.when(which, 1)) for which in [*inside, F.col("ride") >= minutes * 60 * (n - 1)]]
    return F.array(*counts)


def with_all_zones(rows: DataFrame) -> DataFrame:
    return rows.unionByName(rows.withColumn("zone_id", F.lit(0).cast(rows.schema["zone_id"].dataType)))


def day_stat(rows: DataFrame) -> DataFrame:
    return rows.groupBy("source_id", "day", "hour", "zone_id").agg(
        *sums(), bins(5, 13).cast("array<int>").alias("ride_bins_5m"), quantile("0.5").alias("ride_p50_s"),
        quantile("0.9").alias("ride_p90_s"))


def period(rows: DataFrame, keys: list[str], bin_type: str) -> DataFrame:
    quantiles = [quantile(share).alias(f"ride_p{share[2:].ljust(2, '0')}_s") for share in ("0.5", "0.9", "0.99")]
    return rows.groupBy(*keys, "zone_id").agg(
        *sums(), bins(1, 61).cast(f"array<{bin_type}>").alias("ride_bins"), *quantiles,
        F.count_distinct(F.when((F.col("starts") > 0) | (F.col("ends") > 0), F.col("day"))).alias("days"))


def longer(rows: DataFrame, unit: str) -> DataFrame:
    """Weeks or months; quantiles only for all zones together."""
    table = period(rows.withColumn(unit, F.to_date(F.date_trunc(unit, "day"))), ["dataset", unit], "bigint")
    for name in ("ride_p50_s", "ride_p90_s", "ride_p99_s"):
        table = table.withColumn(name, F.when(F.col("zone_id") == 0, F.col(name)))
    return table


def route_day(rows: DataFrame, keep: int) -> DataFrame:
    busiest = Window.partitionBy("source_id", "day").orderBy(F.desc("trips"), "pickup_zone_id", "dropoff_zone_id")
    return (rows.where("ride is not null").withColumnsRenamed({"pickup": "pickup_zone_id", "zone_id": "dropoff_zone_id"})
            .groupBy("source_id", "day", "pickup_zone_id", "dropoff_zone_id")
            .agg(F.count("*").alias("trips"), F.sum("ride").alias("ride_s"))
            .withColumn("place", F.row_number().over(busiest)).where(F.col("place") <= keep).drop("place"))


def ride_day(rows: DataFrame) -> DataFrame:
    counted = rows.where("ride is not null").groupBy("source_id", "day", F.col("ride").cast("int").alias("r")).agg(
        F.count("*").cast("int").alias("n"))
    listed = counted.groupBy("source_id", "day").agg(F.array_sort(F.collect_list(F.struct("r", "n"))).alias("list"))
    return listed.select("source_id", "day", F.col("list.r").alias("ride_s"), F.col("list.n").alias("trips"))


def main() -> None:
    args = arguments()
    spark = SparkSession.builder.appName("taxi-batch").config("spark.sql.session.timeZone", NEW_YORK).getOrCreate()
    starts, ends = from_topic(spark, args.brokers, args.topic) if args.brokers else from_tables(spark, args.url)
    rows = effects(starts, ends).cache()
    zones = with_all_zones(rows)
    tables = {
        "day_stat": day_stat(rows),
        "day_total": period(zones, ["source_id", "day"], "int").drop("days"),
        "route_day": route_day(rows, args.routes),
        "ride_day": ride_day(rows),
        "week_stat": longer(zones, "week"),
        "month_stat": longer(zones, "month"),
    }
    for name, table in tables.items():
        table.write.jdbc(args.url, f"{args.schema}.{name}", mode="overwrite", properties={"driver": DRIVER, "truncate": "true"})
    spark.stop()


if __name__ == "__main__":
    main()
