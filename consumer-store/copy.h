/* COPY BINARY: rows as PostgreSQL reads them, and the sending of them. Includes libpq beside
 * common/io/pg.c.
 *
 * Encoding is pure. Format: PostgreSQL 15 documentation, COPY, "Binary Format"; timestamptz is
 * microseconds since 2000-01-01 UTC. */
#ifndef CONSUMER_STORE_COPY_H
#define CONSUMER_STORE_COPY_H

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/event/event.h"

struct tlc_pg;

/* The columns, in the order in which rows are encoded. */
#define COPY_START_COLUMNS "trip_id, at, zone_id, vendor_id, passenger_count, longitude, latitude"
#define COPY_END_COLUMNS                                                                           \
    "trip_id, at, zone_id, vendor_id, distance_mi, payment_type, fare_cents, tip_cents, "          \
    "total_cents, longitude, latitude"
/* One encoded row is never longer. */
#define COPY_ROW_MAX 160

/* Signature, flags, extension. */
bool copy_encode_header(struct tlc_buf *out);
/* One event as a row of trip_start or trip_end. */
bool copy_encode_event(struct tlc_buf *out, const struct tlc_event *e);
/* The same with two more columns in front: n (int4) and slot (int2), for the staging tables. */
bool copy_encode_staged(struct tlc_buf *out, const struct tlc_event *e, int32_t n, int16_t slot);

/* Fields of other tables. */
void copy_put_fields(struct tlc_buf *out, int16_t n);
void copy_put_bytes(struct tlc_buf *out, struct tlc_str s); /* p NULL: null */
void copy_put_i32(struct tlc_buf *out, int32_t v);
void copy_put_i64(struct tlc_buf *out, int64_t v);
/* Wall time in ms since 1970, -1 = null. */
void copy_put_time_ms(struct tlc_buf *out, int64_t wall_ms);

/* Runs sql (which ends in a COPY ... FROM STDIN (FORMAT binary)), sends body (with header) and the
 * trailer. *ret_rows: rows taken. */
TLC_MUST int copy_send(struct tlc_pg *pg, const char *sql, struct tlc_str body, int64_t *ret_rows,
                       struct tlc_err *err);

#endif
