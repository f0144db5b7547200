/* What consumer-process can be told. One row an option: field, --help, environment and the README
 * table come from it. */
#ifndef PROCESS_OPTIONS_H
#define PROCESS_OPTIONS_H

#include "common/base/opts.h"
#include "common/event/window_bounds.h"

#define PROCESS_OPTIONS(X)                                                                         \
    X(STR, brokers, "brokers", "KAFKA_BROKERS", "127.0.0.1:9092", 0, 0, "LIST",                    \
      "Kafka brokers, host:port separated by commas")                                              \
    X(STR, topic, "topic", "KAFKA_TOPIC", "trips", 0, 0, "NAME", "topic to read")                  \
    X(STR, group, "group", "KAFKA_GROUP", "consumer-process", 0, 0, "NAME",                        \
      "consumer group; instances of one group share the partitions")                               \
    X(STR, instance, "instance", NULL, NULL, 0, 0, "NAME",                                         \
      "name in the group: restarted under the same name it goes on at once; - for none; default: " \
      "host and --status-listen")                                                                  \
    X(LIST, properties, "X", "KAFKA_PROPERTIES", NULL, 0, 0, "NAME=VALUE",                         \
      "librdkafka property, may be repeated")                                                      \
    X(STR, dashboard, "dashboard", "DASHBOARD_URL", "http://127.0.0.1:8090", 0, 0, "URL",          \
      "where windows are posted: URL/api/windows")                                                 \
    X(MS, window_ms, "window", NULL, "15m", TLC_WINDOW_S_MIN * 1000, TLC_WINDOW_S_MAX * 1000,      \
      "TIME", "width of a window in event time; divides a day")                                    \
    X(MS, lateness_ms, "lateness", NULL, "2h", 0, TLC_LATENESS_S_MAX * 1000, "TIME",               \
      "how far out of order events may come, in event time")                                       \
    X(MS, emit_ms, "emit", NULL, "250ms", 10, 60000, "TIME",                                       \
      "time between posts of changed windows")                                                     \
    X(MS, commit_ms, "commit", NULL, "500ms", 10, 600000, "TIME",                                  \
      "time between commits of the offset to restart from")                                        \
    X(BYTES, windows_bytes, "windows-memory", NULL, "48MiB", 1 << 20, INT64_C(1) << 40, "BYTES",   \
      "windows waiting for the dashboard; reading pauses beyond it")                               \
    X(BYTES, queue_bytes, "queue-memory", NULL, "8MiB", 1 << 20, INT64_C(1) << 34, "BYTES",        \
      "messages fetched ahead from Kafka")                                                         \
    X(STR, status_listen, "status-listen", "PROCESS_LISTEN", "127.0.0.1:8082", 0, 0, "ADDR:PORT",  \
      "where /status, /metrics, /healthz and /readyz are served")                                  \
    X(STR, token_file, "token-file", "TLC_TOKEN_FILE", NULL, 0, 0, "FILE",                         \
      "tokens; the first one is sent to the dashboard")                                            \
    X(BOOL, insecure, "insecure", NULL, NULL, 0, 0, NULL,                                          \
      "serve the status beyond loopback without a token")                                          \
    X(STR, ca_file, "ca-file", NULL, NULL, 0, 0, "FILE",                                           \
      "certificates to trust for an https dashboard; default: the system's")

struct process_options {
    PROCESS_OPTIONS(TLC_OPT_FIELD)
};

#endif
