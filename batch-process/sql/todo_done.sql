-- $1 period, $2 owner, $3 first day.
DELETE FROM batch_todo WHERE period = $1 AND owner = $2::integer AND start = $3::date
