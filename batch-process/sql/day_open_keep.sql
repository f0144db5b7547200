-- What is open at the end of the day, for the day after it.
INSERT INTO batch_under_way
SELECT trip_id, start_at, pickup FROM pg_temp.day_pair WHERE start_at IS NOT NULL AND ride_s IS NULL
