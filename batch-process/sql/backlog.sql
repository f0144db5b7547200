SELECT (SELECT count(*) FROM dirty_day), (SELECT count(*) FROM batch_todo), (SELECT count(*) FROM batch_gap)
