-- What every transaction asks for: it reads, whatever the role might do. The queries are short, compiling them costs more than
-- running them.
SET TRANSACTION READ ONLY;
SET LOCAL jit = off;
SET LOCAL timezone = 'America/New_York';
SET LOCAL datestyle = 'ISO, YMD';
SET LOCAL lock_timeout = '2s';
SET LOCAL idle_in_transaction_session_timeout = '30s';
