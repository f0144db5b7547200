/* Options of producer-server: one row each; parser, --help and README come from it. */
#ifndef PRODUCER_SERVER_OPTIONS_H
#define PRODUCER_SERVER_OPTIONS_H

#include <stddef.h>

#include "common/base/opts.h"

/* clang-format off */
#define SERVER_OPTIONS(X) \
    X(STR, listen, "listen", "SERVER_LISTEN", "127.0.0.1:8080", 0, 0, "ADDR:PORT", "where to serve; port 0 takes a free one") \
    X(STR, brokers, "brokers", "KAFKA_BROKERS", "127.0.0.1:9092", 0, 0, "LIST", "Kafka bootstrap servers, separated by commas") \
    X(STR, topic, "topic", "KAFKA_TOPIC", "trips", 0, 0, "NAME", "topic to write to; made when it is missing") \
    X(INT, partitions, "partitions", "KAFKA_PARTITIONS", "4", 1, 1000, "N", "partitions of a topic that has to be made") \
    X(INT, replication, "replication", "KAFKA_REPLICATION", "1", 1, 15, "N", "copies of each partition of a topic that has to be made") \
    X(LIST, properties, "X", "KAFKA_PROPERTIES", NULL, 0, 0, "NAME=VALUE", "any librdkafka property; may be repeated; the last word") \
    X(MS, linger_ms, "linger", NULL, "0ms", 0, 10000, "TIME", "how long records wait for company before they go to the broker, whole milliseconds; under load they find it without waiting") \
    X(MS, ack_timeout_ms, "ack-timeout", NULL, "30s", 100, 900000, "TIME", "a record that the broker has not acknowledged by then has failed: 503") \
    X(BYTES, inflight_bytes, "inflight", "SERVER_INFLIGHT", "64MiB", 65536, 17179869184, "BYTES", "request bodies in memory at once; more are answered 503 before they are read") \
    X(BYTES, body_bytes, "body", NULL, "8MiB", 1024, 1073741824, "BYTES", "largest body of POST /trips, unpacked; more is answered 413") \
    X(INT, connections, "connections", NULL, "1024", 1, 100000, "N", "open connections at once") \
    X(MS, idle_ms, "idle", NULL, "60s", 100, 3600000, "TIME", "a connection silent for so long is closed") \
    X(MS, request_ms, "request-timeout", NULL, "30s", 100, 3600000, "TIME", "a request whose headers and body take longer to arrive is answered 408") \
    X(INT, threads, "threads", NULL, "2", 1, 64, "N", "threads that read and answer requests") \
    X(MS, drain_ms, "drain", NULL, "30s", 0, 600000, "TIME", "how long a stop waits for what is in flight") \
    X(STR, token_file, "token-file", "TLC_TOKEN_FILE", NULL, 0, 0, "FILE", "bearer tokens, one a line, of which POST needs one; read again on SIGHUP") \
    X(STR, tls_cert, "tls-cert", NULL, NULL, 0, 0, "FILE", "certificate chain in PEM: serve HTTPS") \
    X(STR, tls_key, "tls-key", NULL, NULL, 0, 0, "FILE", "its private key in PEM") \
    X(BOOL, insecure, "insecure", NULL, NULL, 0, 0, "", "allow listening beyond this machine without a token")
/* clang-format on */

struct server_options {
    SERVER_OPTIONS(TLC_OPT_FIELD)
};

#endif
