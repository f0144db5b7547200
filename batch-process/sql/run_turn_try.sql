SELECT pg_try_advisory_xact_lock(7401, 3)
