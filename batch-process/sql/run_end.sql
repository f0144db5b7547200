-- $1 run, $2 error or null.
UPDATE batch_run SET ended_at = clock_timestamp(), error = $2 WHERE run_id = $1::bigint AND ended_at IS NULL
