-- What is open at the end of the day, for the day after it.
INSERT INTO day_open
SELECT trip_id, start_at, pickup FROM day_pair WHERE start_at IS NOT NULL AND ride_s IS NULL
