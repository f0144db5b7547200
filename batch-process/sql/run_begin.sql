-- $1 why. Only one run at a time, so whatever has not ended was killed.
WITH killed AS (
    UPDATE batch_run SET ended_at = clock_timestamp(), error = 'it was cut off: killed, or the connection was lost'
    WHERE ended_at IS NULL
)
INSERT INTO batch_run (why) VALUES ($1) RETURNING run_id
