-- Rows of batch-process's tables that Spark's do not have, and the other way round. None: both agree to the last number.
SELECT 'day_stat' AS what, 'C' AS side, d::text AS line FROM (TABLE day_stat EXCEPT ALL TABLE spark.day_stat) d
UNION ALL SELECT 'day_stat', 'Spark', d::text FROM (TABLE spark.day_stat EXCEPT ALL TABLE day_stat) d
UNION ALL SELECT 'day_total', 'C', d::text FROM (TABLE day_total EXCEPT ALL TABLE spark.day_total) d
UNION ALL SELECT 'day_total', 'Spark', d::text FROM (TABLE spark.day_total EXCEPT ALL TABLE day_total) d
UNION ALL SELECT 'route_day', 'C', d::text FROM (TABLE route_day EXCEPT ALL TABLE spark.route_day) d
UNION ALL SELECT 'route_day', 'Spark', d::text FROM (TABLE spark.route_day EXCEPT ALL TABLE route_day) d
UNION ALL SELECT 'ride_day', 'C', d::text FROM (TABLE ride_day EXCEPT ALL TABLE spark.ride_day) d
UNION ALL SELECT 'ride_day', 'Spark', d::text FROM (TABLE spark.ride_day EXCEPT ALL TABLE ride_day) d
UNION ALL SELECT 'week_stat', 'C', d::text FROM (TABLE week_stat EXCEPT ALL TABLE spark.week_stat) d
UNION ALL SELECT 'week_stat', 'Spark', d::text FROM (TABLE spark.week_stat EXCEPT ALL TABLE week_stat) d
UNION ALL SELECT 'month_stat', 'C', d::text FROM (TABLE month_stat EXCEPT ALL TABLE spark.month_stat) d
UNION ALL SELECT 'month_stat', 'Spark', d::text FROM (TABLE spark.month_stat EXCEPT ALL TABLE month_stat) d;
