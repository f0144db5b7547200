-- What is missing, one a row.
SELECT t.name || ': ' || t.need
FROM (VALUES ('source', 'SELECT'), ('trip_start', 'SELECT'), ('trip_end', 'SELECT'), ('dirty_day', 'SELECT'),
             ('dirty_day', 'DELETE'), ('day_stat', 'INSERT'), ('day_stat', 'DELETE'), ('day_total', 'INSERT'),
             ('day_total', 'DELETE'), ('route_day', 'INSERT'), ('route_day', 'DELETE'), ('ride_day', 'INSERT'),
             ('ride_day', 'DELETE'), ('week_stat', 'INSERT'), ('week_stat', 'DELETE'), ('month_stat', 'INSERT'),
             ('month_stat', 'DELETE'), ('batch_todo', 'INSERT'), ('batch_todo', 'DELETE'), ('batch_open', 'INSERT'),
             ('batch_open', 'UPDATE'), ('batch_leaf', 'INSERT'),
             ('batch_leaf', 'UPDATE'), ('batch_leaf', 'DELETE'), ('batch_under_way', 'INSERT'),
             ('batch_under_way', 'DELETE'), ('batch_run', 'INSERT'), ('batch_run', 'UPDATE')) t (name, need)
WHERE to_regclass(t.name) IS NULL OR NOT has_table_privilege(to_regclass(t.name), t.need)
