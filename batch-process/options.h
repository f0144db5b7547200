/* The options of batch-process, in one table (see common/base/opts.h). */
#ifndef BATCH_PROCESS_OPTIONS_H
#define BATCH_PROCESS_OPTIONS_H

#include "common/base/opts.h"

#define BATCH_OPTIONS(X)                                                                           \
    X(STR, database, "database", "DATABASE_URL", "postgresql:///taxi", 0, 0, "URL",                \
      "PostgreSQL, as a URL or a libpq connection string")                                         \
    X(STR, from, "from", NULL, NULL, 0, 0, "DAY",                                                  \
      "make all days from this one on, changed or not: 2024-01-15, on New York's clock")           \
    X(STR, to, "to", NULL, NULL, 0, 0, "DAY", "make all days before this one, changed or not")     \
    X(BOOL, all, "all", NULL, "false", 0, 0, NULL, "make every day again, changed or not")         \
    X(MS, every_ms, "every", "BATCH_EVERY", NULL, 1000, 2678400000, "TIME",                        \
      "stay, and run again so long after the end of the last run")                                 \
    X(BOOL, gaps, "gaps", NULL, "false", 0, 0, NULL,                                               \
      "list the days without data inside a source's month, and leave")                             \
    X(INT, routes, "routes", NULL, "100", 1, 70225, "N",                                           \
      "how many of a day's busiest routes to keep")                                                \
    X(MS, wait_ms, "wait", NULL, "5m", 0, 86400000, "TIME",                                        \
      "how long to wait for the database, for consumer-store's tables or for another run")         \
    X(BOOL, migrate, "migrate", NULL, "true", 0, 0, NULL,                                          \
      "leave the tables as they are: do not make or update them at the start")                     \
    X(BOOL, check, "check", NULL, "false", 0, 0, NULL,                                             \
      "connect, check schema and rights, and leave")                                               \
    X(STR, status_listen, "status-listen", "BATCH_LISTEN", "127.0.0.1:8083", 0, 0, "ADDR:PORT",    \
      "with --every: where to serve /healthz /readyz /metrics /status")                            \
    X(STR, token_file, "token-file", "TLC_TOKEN_FILE", NULL, 0, 0, "FILE",                         \
      "tokens that may read the status; needed to listen beyond loopback")                         \
    X(BOOL, insecure, "insecure", NULL, NULL, 0, 0, NULL,                                          \
      "serve the status beyond loopback without a token")

struct batch_options {
    BATCH_OPTIONS(TLC_OPT_FIELD)
};

#endif
