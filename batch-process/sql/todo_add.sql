-- $1 period, $2 owner, $3 first day, $4 why.
INSERT INTO batch_todo (period, owner, start, why) VALUES ($1, $2::integer, $3::date, $4)
ON CONFLICT (period, owner, start) DO NOTHING
