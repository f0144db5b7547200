-- The statement that gathers statistics of source $1's tables, where there are none yet: without them the planner cannot know
-- that rows lie in the order of time, and reads all of a source's rows instead of asking the index. Later autovacuum keeps them.
SELECT format('ANALYZE %I.%I', n.nspname, c.relname), NULL
FROM pg_class c
JOIN pg_inherits p ON p.inhrelid = c.oid AND p.inhparent IN ('trip_start'::regclass, 'trip_end'::regclass)
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname IN ('trip_start_' || $1, 'trip_end_' || $1) AND pg_relation_size(c.oid) > 8 * 1024 * 1024
  AND pg_has_role(c.relowner, 'USAGE')
  AND NOT EXISTS (SELECT FROM pg_stats s WHERE s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = 'at')
