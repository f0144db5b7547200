/* What producer-client can be told. The table is the one source of parser, --help and README.
 *
 * Its check turns the texts (speed, times) into numbers. */
#ifndef PRODUCER_CLIENT_OPTIONS_H
#define PRODUCER_CLIENT_OPTIONS_H

#include "common/base/opts.h"

#define URLS_MAX 16

#define CLIENT_OPTIONS(X)                                                                          \
    X(LIST, urls, "url", "SERVER_URL", "http://127.0.0.1:8080", 0, 0, "URL",                       \
      "producer-server; several share the connections, and a dead one's go to the others")         \
    X(STR, speed, "speed", NULL, "1", 0, 0, "FACTOR",                                              \
      "event time that passes in a second: 1 = real time, 600 = ten minutes; or max")              \
    X(STR, from, "from", NULL, NULL, 0, 0, "TIME",                                                 \
      "leave out events before this time: 2024-01-15, \"2024-01-15 08:00:00\" (New York) or RFC "  \
      "3339")                                                                                      \
    X(STR, to, "to", NULL, NULL, 0, 0, "TIME",                                                     \
      "leave out events at or after this time; then no source is closed")                          \
    X(INT, batch, "batch", NULL, "1000", 1, 10000, "N", "events in a request at most")             \
    X(MS, flush_ms, "flush", NULL, "100ms", 1, 60000, "TIME",                                      \
      "send a batch that is not full after this time")                                             \
    X(INT, connections, "connections", NULL, "4", 1, 64, "N", "kept-alive connections")            \
    X(MS, skew_ms, "skew", NULL, "1h", 1000, 31LL * 86400000, "TIME",                              \
      "event time that a batch may be ahead of one that is not acknowledged yet")                  \
    X(MS, timeout_ms, "timeout", NULL, "60s", 100, 3600000, "TIME",                                \
      "wait for a reply; then the batch is sent again")                                            \
    X(MS, give_up_ms, "give-up", NULL, "5m", 0, 7LL * 86400000, "TIME",                            \
      "end with exit code 69 when no batch was taken for this long; 0 = never")                    \
    X(MS, drain_ms, "drain", NULL, "10s", 0, 600000, "TIME",                                       \
      "after Ctrl-C wait this long for replies that are due")                                      \
    X(STR, resume, "resume", NULL, NULL, 0, 0, "FILE",                                             \
      "keep what is acknowledged in FILE and go on from there at the next start")                  \
    X(STR, rejects, "rejects", NULL, NULL, 0, 0, "FILE",                                           \
      "write refused records with the server's rule to FILE (NDJSON)")                             \
    X(BOOL, close, "close", NULL, "true", 0, 0, NULL,                                              \
      "do not tell the server that a source is complete after all inputs were read to their end")  \
    X(BOOL, reopen, "reopen", NULL, NULL, 0, 0, NULL,                                              \
      "before its first event open each source again that was closed too early")                   \
    X(STR, token_file, "token-file", "TLC_TOKEN_FILE", NULL, 0, 0, "FILE",                         \
      "send the first line of FILE as bearer token")                                               \
    X(STR, ca_file, "ca-file", NULL, NULL, 0, 0, "FILE",                                           \
      "trust this certificate authority (PEM) for https")                                          \
    X(STR, progress, "progress", NULL, "auto", 0, 0, "KIND",                                       \
      "bar, lines, none, or auto: a bar on a terminal, lines elsewhere")                           \
    X(BOOL, json, "json", NULL, NULL, 0, 0, NULL,                                                  \
      "print the summary as one line of JSON, last on standard output")                            \
    X(STR, summary, "summary", NULL, NULL, 0, 0, "FILE", "write the summary as JSON to FILE too")

struct client_options {
    CLIENT_OPTIONS(TLC_OPT_FIELD)
    /* Set by client_program's check of the texts. */
    double speed_factor; /* 0 = max */
    int64_t from_s;      /* INT64_MIN = no bound */
    int64_t to_s;        /* INT64_MAX = no bound; exclusive */
};

extern const struct tlc_program client_program;

#endif
