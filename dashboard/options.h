/* Options of dashboard: one row an option. */
#ifndef TLC_DASHBOARD_OPTIONS_H
#define TLC_DASHBOARD_OPTIONS_H

#include "common/base/opts.h"

#define DASHBOARD_OPTIONS(X)                                                                       \
    X(STR, listen, "listen", "DASHBOARD_LISTEN", "127.0.0.1:8090", 0, 0, "ADDR:PORT",              \
      "where to serve pages and take windows")                                                     \
    X(STR, db, "db", "DASHBOARD_DB", "dashboard.sqlite", 0, 0, "FILE",                             \
      "SQLite file that holds the windows; made when missing")                                     \
    X(INT, windows_max, "windows", "DASHBOARD_WINDOWS", "2000000", 1, 1000000000, "N",             \
      "windows held in memory, about 1 KiB each; a further one is refused and named")              \
    X(STR, static_dir, "static", "DASHBOARD_STATIC", "dashboard/static", 0, 0, "DIR",              \
      "folder of the pages")                                                                       \
    X(STR, vendor_dir, "vendor", "DASHBOARD_VENDOR", ".deps/node_modules", 0, 0, "DIR",            \
      "node_modules folder with chart.js and chartjs-chart-geo")                                   \
    X(STR, shapes, "shapes", "DASHBOARD_SHAPES", "data/zones.geojson", 0, 0, "FILE",               \
      "zone shapes, also when they come later; without them the map shows bubbles")                \
    X(STR, label, "label", "DASHBOARD_LABEL", NULL, 0, 0, "TEXT",                                  \
      "shown on the page, such as \"synthetic data\"")                                             \
    X(STR, database, "database", "DATABASE_URL", NULL, 0, 0, "URL",                                \
      "PostgreSQL with batch-process' tables, for the History page; it is only read")              \
    X(STR, server_url, "server-url", "SERVER_URL", "http://127.0.0.1:8080", 0, 0, "URL",           \
      "producer-server, asked for its status")                                                     \
    X(STR, store_url, "store-url", "STORE_URL", "http://127.0.0.1:8081", 0, 0, "URL",              \
      "consumer-store, asked for its status")                                                      \
    X(STR, process_url, "process-url", "PROCESS_URL", "http://127.0.0.1:8082", 0, 0, "URL",        \
      "consumer-process, asked for its status")                                                    \
    X(STR, batch_url, "batch-url", "BATCH_URL", NULL, 0, 0, "URL",                                 \
      "batch-process, asked for its status; left out when it is run by hand")                      \
    X(MS, poll_ms, "poll", NULL, "1s", 100, 60000, "TIME", "how often the others are asked")       \
    X(STR, token_file, "token-file", "TLC_TOKEN_FILE", NULL, 0, 0, "FILE",                         \
      "bearer tokens, one a line, that POST must carry")                                           \
    X(STR, tls_cert, "tls-cert", NULL, NULL, 0, 0, "FILE", "certificate chain, PEM")               \
    X(STR, tls_key, "tls-key", NULL, NULL, 0, 0, "FILE", "its key, PEM")                           \
    X(BOOL, insecure, "insecure", NULL, NULL, 0, 0, "", "listen beyond loopback without a token")  \
    X(INT, connections_max, "connections", NULL, "2500", 8, 20000, "N",                            \
      "connections at once, open pages included")                                                  \
    X(INT, threads, "threads", NULL, "2", 1, 64, "N", "threads that answer requests")

struct dashboard_options {
    DASHBOARD_OPTIONS(TLC_OPT_FIELD)
};

#endif
