/* From the bytes of a request to Kafka records: every line checked, none copied when it is
 * canonical already.
 *
 * Not for: anything outside the request; it knows no HTTP and no Kafka. The batch is a request's,
 * one thread at a time; reset keeps its memory, so that a busy server allocates only while it finds
 * its size. Records borrow from the body and from the batch: both must stay until the broker has
 * acknowledged. */
#ifndef PRODUCER_SERVER_INGEST_H
#define PRODUCER_SERVER_INGEST_H

#include "common/base/arena.h"
#include "common/event/codec_json.h"
#include "common/io/kafka_producer.h"

#define INGEST_ERRORS_DEFAULT 20 /* refusals told in a reply; the others are only counted */
#define INGEST_ERRORS_MAX 10000  /* that a client may ask for */

struct ingest_refusal {
    size_t line; /* from 1, blank lines counted; of an array: the element */
    size_t at;   /* byte in the line, from 1 */
    enum tlc_rule rule;
    bool joined; /* too large, as it looks like several events without line ends */
};

struct ingest {
    struct tlc_kafka_record *records;
    size_t n, cap;
    struct tlc_arena arena; /* lines that had to be written anew */
    size_t received;        /* lines that are not blank */
    size_t refused;
    size_t by_rule[TLC_RULE_N];
    struct ingest_refusal *errors; /* the first errors_max of them */
    size_t errors_n, errors_cap, errors_max;
    int64_t now_s; /* the clock when it came in; below 0: not known */
    bool failed;   /* out of memory: nothing of the batch may be used */
};

/* body_max: of one request, in bytes; bounds what a batch may hold. */
void ingest_init(struct ingest *b, size_t body_max);
void ingest_release(struct ingest *b);
void ingest_reset(struct ingest *b);
/* Bytes it keeps from request to request. */
size_t ingest_held_bytes(const struct ingest *b);
/* One event a line; blank lines are skipped, CR before the line end is taken. Or all of them in one
 * array, whose elements are numbered like lines. A byte order mark in front is skipped. */
void ingest_lines(struct ingest *b, struct tlc_str body);
/* The body is an array of events, not one event. */
bool ingest_is_array(struct tlc_str body);
/* The whole body is one event, however it is laid out. */
void ingest_one(struct ingest *b, struct tlc_str body);
/* The mark for each partition. */
void ingest_marks(struct ingest *b, int32_t source, enum tlc_mark mark, int32_t partitions);
/* True when nothing of it was even JSON. */
bool ingest_not_json(const struct ingest *b);
/* {"accepted":n,"refused":m,"errors":[{"line":1,"rule":"...","text":"..."}]}; ret_body is made by
 * it. */
void ingest_encode(const struct ingest *b, size_t accepted, struct tlc_buf *ret_body);

#endif
