-- After plan_reloaded, in the same transaction: what the sources' tables are now.
WITH gone AS (DELETE FROM batch_leaf b WHERE NOT EXISTS (SELECT FROM batch_leaf_now n WHERE n.source_id = b.source_id))
INSERT INTO batch_leaf (source_id, identities)
SELECT source_id, identities FROM batch_leaf_now
ON CONFLICT (source_id) DO UPDATE SET identities = excluded.identities WHERE batch_leaf.identities <> excluded.identities
