-- False until consumer-store has made its tables.
SELECT to_regclass('trip_start') IS NOT NULL AND to_regclass('trip_end') IS NOT NULL AND to_regclass('source') IS NOT NULL
   AND to_regclass('dirty_day') IS NOT NULL
