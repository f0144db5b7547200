-- Once a connection: it reads, whatever the role might do. The queries are short, compiling them costs more than running them.
SET default_transaction_read_only = on;
SET jit = off;
SET timezone = 'America/New_York';
SET datestyle = 'ISO, YMD';
SET lock_timeout = '2s';
SET idle_in_transaction_session_timeout = '30s';
