-- $1 run, $2 days, $3 weeks, $4 months, $5 rows read: in the transaction of the period, so the log is true after any crash.
UPDATE batch_run SET days = days + $2::integer, weeks = weeks + $3::integer, months = months + $4::integer,
                     rows_read = rows_read + $5::bigint
WHERE run_id = $1::bigint
