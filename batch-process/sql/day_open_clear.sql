TRUNCATE day_open
