-- $1 source: all of its days by zone.
SELECT day - '1970-01-01'::date, zone_id, starts, ends
FROM day_total
WHERE source_id = $1::integer AND zone_id > 0 AND starts + ends > 0
ORDER BY 1, 2
