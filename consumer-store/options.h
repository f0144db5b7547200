/* The options of consumer-store, in one table (see common/base/opts.h). */
#ifndef CONSUMER_STORE_OPTIONS_H
#define CONSUMER_STORE_OPTIONS_H

#include "common/base/opts.h"

#define STORE_OPTIONS(X)                                                                           \
    X(STR, brokers, "brokers", "KAFKA_BROKERS", "127.0.0.1:9092", 0, 0, "HOST:PORT,...",           \
      "Kafka brokers to ask first")                                                                \
    X(STR, topic, "topic", "KAFKA_TOPIC", "trips", 0, 0, "NAME", "topic to read")                  \
    X(STR, group, "group", "KAFKA_GROUP", "consumer-store", 0, 0, "NAME",                          \
      "consumer group; instances of one group share the partitions")                               \
    X(STR, instance, "instance", NULL, NULL, 0, 0, "NAME",                                         \
      "name in the group: restarted under the same name it goes on at once; - for none; default: " \
      "host and --status-listen")                                                                  \
    X(LIST, properties, "X", "KAFKA_PROPERTIES", NULL, 0, 0, "NAME=VALUE",                         \
      "any librdkafka property, e.g. -X security.protocol=ssl")                                    \
    X(STR, database, "database", "DATABASE_URL", "postgresql:///taxi", 0, 0, "URL",                \
      "PostgreSQL, as a URL or a libpq connection string")                                         \
    X(INT, batch_rows, "batch", NULL, "50000", 1, 1000000, "ROWS",                                 \
      "rows of one transaction at most")                                                           \
    X(INT, writers, "writers", NULL, "2", 1, 8, "N",                                               \
      "connections that write at the same time, each for its share of the partitions")             \
    X(MS, flush_ms, "flush", NULL, "200ms", 1, 60000, "TIME",                                      \
      "a smaller batch is stored when it is so old")                                               \
    X(BYTES, queue_bytes, "queue", NULL, "24MiB", 1 << 20, INT64_C(1) << 32, "BYTES",              \
      "messages fetched ahead at most, by their size in the log")                                  \
    X(MS, connect_ms, "connect-wait", NULL, "30s", 0, 86400000, "TIME",                            \
      "how long to wait for the database at the start")                                            \
    X(MS, drain_ms, "drain", NULL, "20s", 0, 3600000, "TIME",                                      \
      "how long to finish what was read when asked to stop")                                       \
    X(BOOL, migrate, "migrate", NULL, "true", 0, 0, NULL,                                          \
      "leave the tables as they are: do not make or update them at the start")                     \
    X(BOOL, check, "check", NULL, "false", 0, 0, NULL,                                             \
      "connect, check schema and rights, and leave")                                               \
    X(BOOL, forget_positions, "forget-positions", NULL, NULL, 0, 0, NULL,                          \
      "forget where the topic was read, keep the rows, and leave: the next start reads the topic " \
      "from its beginning and finds what is stored already as duplicates")                         \
    X(STR, status_listen, "status-listen", "STORE_LISTEN", "127.0.0.1:8081", 0, 0, "ADDR:PORT",    \
      "where to serve /healthz /readyz /metrics /status")                                          \
    X(STR, token_file, "token-file", "TLC_TOKEN_FILE", NULL, 0, 0, "FILE",                         \
      "tokens that may read the status; needed to listen beyond loopback")                         \
    X(BOOL, insecure, "insecure", NULL, NULL, 0, 0, NULL,                                          \
      "serve the status beyond loopback without a token")

struct store_options {
    STORE_OPTIONS(TLC_OPT_FIELD)
};

#endif
