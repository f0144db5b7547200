-- The same tables in schema spark, for taxi_batch.py to fill. Run it where batch-process has made its own.
CREATE SCHEMA IF NOT EXISTS spark;
CREATE TABLE IF NOT EXISTS spark.day_stat (LIKE day_stat INCLUDING ALL);
CREATE TABLE IF NOT EXISTS spark.day_total (LIKE day_total INCLUDING ALL);
CREATE TABLE IF NOT EXISTS spark.route_day (LIKE route_day INCLUDING ALL);
CREATE TABLE IF NOT EXISTS spark.ride_day (LIKE ride_day INCLUDING ALL);
CREATE TABLE IF NOT EXISTS spark.week_stat (LIKE week_stat INCLUDING ALL);
CREATE TABLE IF NOT EXISTS spark.month_stat (LIKE month_stat INCLUDING ALL);
