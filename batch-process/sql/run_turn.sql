-- At most one period is made at a time, and no run begins meanwhile. Ends with the transaction.
SELECT pg_advisory_xact_lock(7401, 3)
