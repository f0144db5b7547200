-- The newest run that has ended, and what waits for the next: days whose rows changed, periods to be made again.
SELECT run_id, extract(epoch FROM ended_at)::bigint, error,
       (SELECT count(*) FROM dirty_day) AS dirty, (SELECT count(*) FROM batch_todo) AS todo
FROM (SELECT 1) one
LEFT JOIN (SELECT run_id, ended_at, error FROM batch_run WHERE ended_at IS NOT NULL ORDER BY run_id DESC LIMIT 1) run ON true
