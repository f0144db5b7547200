-- Days made from tables that are no longer the source's: dropped, or dropped and loaded again, or truncated.
INSERT INTO batch_todo (period, owner, start, why)
SELECT DISTINCT 'day', t.source_id, t.day, 'its rows were dropped or loaded anew'
FROM batch_leaf b
LEFT JOIN batch_leaf_now n USING (source_id)
JOIN day_total t USING (source_id)
WHERE n.identities IS DISTINCT FROM b.identities AND t.zone_id = 0
ON CONFLICT (period, owner, start) DO NOTHING
