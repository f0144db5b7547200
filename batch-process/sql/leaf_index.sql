-- The statements that give the tables of source $1 their small index on time, where it is missing or was left half-made. Rows are
-- stored about in the order of time, so a block range index finds a day's rows; it costs COPY next to nothing.
SELECT CASE WHEN i.oid IS NOT NULL THEN format('DROP INDEX CONCURRENTLY IF EXISTS %I.%I', n.nspname, i.relname) END,
       format('CREATE INDEX CONCURRENTLY %I ON %I.%I USING brin (at) WITH (pages_per_range = 16)', l.name || '_at',
              n.nspname, l.name)
FROM (SELECT c.oid, c.relname AS name, c.relnamespace, c.relowner
      FROM pg_class c
      JOIN pg_inherits p ON p.inhrelid = c.oid AND p.inhparent IN ('trip_start'::regclass, 'trip_end'::regclass)
      WHERE c.relname IN ('trip_start_' || $1, 'trip_end_' || $1) AND pg_relation_size(c.oid) > 8 * 1024 * 1024) l
JOIN pg_namespace n ON n.oid = l.relnamespace
LEFT JOIN pg_class i ON i.relname = l.name || '_at' AND i.relnamespace = l.relnamespace
LEFT JOIN pg_index x ON x.indexrelid = i.oid
WHERE (i.oid IS NULL OR NOT x.indisvalid) AND pg_has_role(l.relowner, 'USAGE')
