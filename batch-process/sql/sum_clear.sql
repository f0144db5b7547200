-- each: week month
-- $1 dataset, $2 the period's first day.
DELETE FROM @each@_stat WHERE dataset = $1::smallint AND @each@ = $2::date
