-- $1 first day or null, $2 the day after the last or null.
SELECT source_id, day FROM batch_gap
WHERE ($1::date IS NULL OR day >= $1::date) AND ($2::date IS NULL OR day < $2::date)
ORDER BY source_id, day
