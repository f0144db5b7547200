#include "consumer-store/copy.h"

#include <endian.h>
#include <libpq-fe.h>

#include "common/io/pg.h"

#define EPOCH_2000_S INT64_C(946684800)
#define SEND_BYTES                                                                                 \
    ((size_t)64 << 10) /* libpq copies what it is given: small pieces keep its buffer small */

/* ---- one field: its length, its bytes ---- */

static char *put_16(char *p, int16_t v)
{
    uint16_t be = htobe16((uint16_t)v);
    memcpy(p, &be, sizeof(be));
    return p + sizeof(be);
}

static char *put_32(char *p, int32_t v)
{
    uint32_t be = htobe32((uint32_t)v);
    memcpy(p, &be, sizeof(be));
    return p + sizeof(be);
}

static char *put_64(char *p, int64_t v)
{
    uint64_t be = htobe64((uint64_t)v);
    memcpy(p, &be, sizeof(be));
    return p + sizeof(be);
}

static char *field_i16(char *p, int16_t v)
{
    return put_16(put_32(p, 2), v);
}

static char *field_i32(char *p, int32_t v)
{
    return put_32(put_32(p, 4), v);
}

static char *field_i64(char *p, int64_t v)
{
    return put_64(put_32(p, 8), v);
}

static char *field_null(char *p)
{
    return put_32(p, -1);
}

static char *field_f32(char *p, float v)
{
    int32_t bits;
    memcpy(&bits, &v, sizeof(bits));
    return field_i32(p, bits);
}

static char *field_f64(char *p, double v)
{
    int64_t bits;
    memcpy(&bits, &v, sizeof(bits));
    return field_i64(p, bits);
}

/* ---- rows ---- */

static char *put_point(char *p, const struct tlc_event *e)
{
    if (!(e->has & TLC_HAS_POINT)) {
        return field_null(field_null(p));
    }
    return field_f64(field_f64(p, e->lon_e6 / 1e6), e->lat_e6 / 1e6);
}

static char *put_common(char *p, const struct tlc_event *e)
{
    p = field_i64(p, e->trip_id);
    p = field_i64(p, (e->at_s - EPOCH_2000_S) * 1000000);
    p = field_i16(p, (int16_t)e->zone_id);
    return field_i16(p, (int16_t)e->vendor_id);
}

static char *put_start(char *p, const struct tlc_event *e)
{
    p = put_common(p, e);
    p = e->has & TLC_HAS_PASSENGERS ? field_i16(p, e->passengers) : field_null(p);
    return put_point(p, e);
}

static char *put_end(char *p, const struct tlc_event *e)
{
    p = put_common(p, e);
    p = e->has & TLC_HAS_DISTANCE ? field_f32(p, (float)(e->distance_cmi / 100.0)) : field_null(p);
    p = e->has & TLC_HAS_PAYMENT ? field_i16(p, e->payment) : field_null(p);
    p = e->has & TLC_HAS_FARE ? field_i32(p, e->fare_cents) : field_null(p);
    p = e->has & TLC_HAS_TIP ? field_i32(p, e->tip_cents) : field_null(p);
    p = e->has & TLC_HAS_TOTAL ? field_i32(p, e->total_cents) : field_null(p);
    return put_point(p, e);
}

#define START_FIELDS 7
#define END_FIELDS 11

bool copy_encode_event(struct tlc_buf *out, const struct tlc_event *e)
{
    char *p = tlc_buf_reserve(out, COPY_ROW_MAX);
    if (!p) {
        return false;
    }
    char *end = e->status == TLC_START ? put_start(put_16(p, START_FIELDS), e)
                                       : put_end(put_16(p, END_FIELDS), e);
    out->n += (size_t)(end - p);
    return true;
}

bool copy_encode_staged(struct tlc_buf *out, const struct tlc_event *e, int32_t n, int16_t slot)
{
    char *p = tlc_buf_reserve(out, COPY_ROW_MAX);
    if (!p) {
        return false;
    }
    bool start = e->status == TLC_START;
    char *end = put_16(p, start ? START_FIELDS + 2 : END_FIELDS + 2);
    end = field_i16(field_i32(end, n), slot);
    end = start ? put_start(end, e) : put_end(end, e);
    out->n += (size_t)(end - p);
    return true;
}

bool copy_encode_header(struct tlc_buf *out)
{
    static const char header[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0";
    return tlc_buf_append(out, header, 19);
}

void copy_put_fields(struct tlc_buf *out, int16_t n)
{
    char bytes[2];
    put_16(bytes, n);
    tlc_buf_append(out, bytes, sizeof(bytes));
}

void copy_put_bytes(struct tlc_buf *out, struct tlc_str s)
{
    char length[4];
    put_32(length, s.p ? (int32_t)s.n : -1);
    tlc_buf_append(out, length, sizeof(length));
    if (s.p) {
        tlc_buf_append(out, s.p, s.n);
    }
}

void copy_put_i32(struct tlc_buf *out, int32_t v)
{
    char bytes[8];
    field_i32(bytes, v);
    tlc_buf_append(out, bytes, sizeof(bytes));
}

void copy_put_i64(struct tlc_buf *out, int64_t v)
{
    char bytes[12];
    field_i64(bytes, v);
    tlc_buf_append(out, bytes, sizeof(bytes));
}

void copy_put_time_ms(struct tlc_buf *out, int64_t wall_ms)
{
    if (wall_ms < 0) {
        copy_put_bytes(out, (struct tlc_str){NULL, 0});
    } else {
        copy_put_i64(out, (wall_ms - EPOCH_2000_S * 1000) * 1000);
    }
}

/* ---- sending ---- */

static bool put_all(PGconn *conn, struct tlc_str body)
{
    static const char trailer[2] = {'\377', '\377'};
    for (size_t at = 0; at < body.n; at += SEND_BYTES) {
        size_t n = body.n - at < SEND_BYTES ? body.n - at : SEND_BYTES;
        if (PQputCopyData(conn, body.p + at, (int)n) != 1) {
            return false;
        }
    }
    return PQputCopyData(conn, trailer, sizeof(trailer)) == 1 && PQputCopyEnd(conn, NULL) == 1;
}

/* Reads results up to the end of the command; keeps the first that failed. */
static PGresult *finish(PGconn *conn, int64_t *ret_rows)
{
    PGresult *failed = NULL;
    for (PGresult *r = PQgetResult(conn); r; r = PQgetResult(conn)) {
        if (PQresultStatus(r) == PGRES_COMMAND_OK) {
            if (!tlc_str_to_i64(tlc_str_from(PQcmdTuples(r)), 0, INT64_MAX, ret_rows)) {
                *ret_rows = 0;
            }
            PQclear(r);
        } else if (PQresultStatus(r) == PGRES_COPY_IN || failed) {
            PQclear(r);
            break; /* the connection broke in the middle: libpq would say COPY_IN for ever */
        } else {
            failed = r;
        }
    }
    return failed;
}

int copy_send(struct tlc_pg *pg, const char *sql, struct tlc_str body, int64_t *ret_rows,
              struct tlc_err *err)
{
    int rc = tlc_pg_exec(pg, sql, NULL, 0, err);
    if (rc != TLC_OK) {
        return rc;
    }
    PGconn *conn = tlc_pg_raw(pg);
    int64_t rows = 0;
    bool sent = put_all(conn, body);
    PGresult *failed = finish(conn, &rows);
    if (!sent || failed || PQstatus(conn) != CONNECTION_OK) {
        rc = tlc_pg_failed(pg, failed, sql, err);
        PQclear(failed);
        return rc;
    }
    *ret_rows = rows;
    return TLC_OK;
}
