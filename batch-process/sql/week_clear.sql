-- $1 dataset, $2 its Monday.
DELETE FROM week_stat WHERE dataset = $1::smallint AND week = $2::date
