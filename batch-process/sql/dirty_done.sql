-- $1 source, $2 day, $3 touched_at as it was read: a row stored since then keeps its mark.
DELETE FROM dirty_day WHERE source_id = $1::integer AND day = $2::date AND touched_at = $3::timestamptz
