-- $1 run, after run_turn: it lives. No row: another one took over.
UPDATE batch_run SET alive_at = clock_timestamp(), backend = pg_backend_pid() WHERE run_id = $1::bigint AND ended_at IS NULL
