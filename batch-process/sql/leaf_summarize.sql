-- Brings the index on time of source $1 up to its newest rows.
SELECT coalesce(sum(brin_summarize_new_values(i.oid)), 0)
FROM pg_class i
JOIN pg_index x ON x.indexrelid = i.oid AND x.indisvalid
WHERE i.oid IN (to_regclass('trip_start_' || $1 || '_at'), to_regclass('trip_end_' || $1 || '_at'))
  AND pg_has_role(i.relowner, 'USAGE')
