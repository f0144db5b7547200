-- $1 dataset, $2 its first day.
DELETE FROM month_stat WHERE dataset = $1::smallint AND month = $2::date
