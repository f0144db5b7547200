-- $1 first day or null, $2 the day after the last or null. touched_at is null where only batch_todo names the day.
SELECT source_id, day, d.touched_at::text
FROM (SELECT source_id, day, touched_at FROM dirty_day) d
FULL JOIN (SELECT owner AS source_id, start AS day FROM batch_todo WHERE period = 'day') t USING (source_id, day)
WHERE ($1::date IS NULL OR day >= $1::date) AND ($2::date IS NULL OR day < $2::date)
ORDER BY source_id, day
