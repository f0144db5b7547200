-- $1 why, $2 a run of this program that could not be ended, or null; after run_turn_try. No row: another one is under way. It is not
-- if the server's process that it used is gone, as a killed program's is, or if it was not heard of for long: behind a pooler that
-- process stays. One that lives after all finds its row ended and stops.
WITH alive AS (
    SELECT FROM batch_run r
    WHERE r.ended_at IS NULL AND r.run_id IS DISTINCT FROM $2::bigint AND r.alive_at > clock_timestamp() - interval '30 seconds'
      AND EXISTS (SELECT FROM pg_stat_activity a WHERE a.pid = r.backend)
), killed AS (
    UPDATE batch_run SET ended_at = clock_timestamp(), error = 'it was cut off: killed, or the connection was lost'
    WHERE ended_at IS NULL AND NOT EXISTS (SELECT FROM alive)
)
INSERT INTO batch_run (why, backend)
SELECT $1, pg_backend_pid() WHERE NOT EXISTS (SELECT FROM alive)
RETURNING run_id
