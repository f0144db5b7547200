/* A producer-server of its own beside a mock cluster of its own, for one test. */
#ifndef TLC_TESTS_SUPPORT_SERVER_UNDER_TEST_H
#define TLC_TESTS_SUPPORT_SERVER_UNDER_TEST_H

#include "tests/support/child.h"
#include "tests/support/mock_kafka.h"
#include "tests/support/raw_http.h"

#define SUT_TOPIC "trips"
#define SUT_PARTITIONS 3
#define SUT_EVENT                                                                                  \
    "{\"TripID\":2202401000000001,\"VendorID\":2,\"Datetime\":\"2024-01-01T00:12:34-05:00\","      \
    "\"Status\":\"start\",\"ZoneID\":74}\n"
#define SUT_TRIPS "POST /trips HTTP/1.1\r\nContent-Type: application/x-ndjson"

struct sut {
    struct mock_kafka kafka;
    struct child server;
    int port;
};

/* options: further ones, NULL at their end. Waits until it listens. */
void sut_start(struct sut *s, const char *const *options);
/* The mock cluster only. */
void sut_open(struct sut *s);
/* The server only, on port (0: any). */
void sut_serve(struct sut *s, int port, const char *const *options);
void sut_wait_ready(struct sut *s, bool ready);
/* SIGTERM; checks that it exits 0 and that its ledger balances. */
void sut_stop(struct sut *s);
void sut_free(struct sut *s);
/* Value of "name": in /status; INT64_MIN when it is not there. */
int64_t sut_status(const struct sut *s, const char *name);

#endif
