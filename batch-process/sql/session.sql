-- What every transaction asks for. The parents of the partitions have no statistics, so the planner would take loops for the joins of
-- two days.
SET LOCAL lock_timeout = '10s';
SET LOCAL idle_in_transaction_session_timeout = '30s';
SET LOCAL client_connection_check_interval = '2s';
SET LOCAL timezone = 'America/New_York';
SET LOCAL datestyle = 'ISO, YMD';
SET LOCAL jit = off;
SET LOCAL work_mem = '64MB';
SET LOCAL enable_mergejoin = off;
SET LOCAL max_parallel_workers_per_gather = 0;
