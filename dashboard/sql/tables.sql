-- False until batch-process has made its tables.
SELECT to_regclass('day_total') IS NOT NULL AND to_regclass('batch_run') IS NOT NULL
