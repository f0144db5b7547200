/* The questions of the History page: (a connection, a question) -> JSON, from the tables that
 * batch-process makes. docs/dashboard-api.md describes them.
 *
 * No thread, no HTTP status: history.h asks them on threads of its own. */
#ifndef TLC_DASHBOARD_HISTORY_QUERY_H
#define TLC_DASHBOARD_HISTORY_QUERY_H

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/io/http_server.h"

struct tlc_pg;

enum history_kind {
    HISTORY_OVERVIEW, /* what there is */
    HISTORY_SERIES,   /* figures by day, week or month */
    HISTORY_DAY,      /* hours and busiest routes of a day */
};
enum history_by { HISTORY_BY_DAY, HISTORY_BY_WEEK, HISTORY_BY_MONTH };

#define HISTORY_DATE_N 11 /* "2024-01-15" */
struct history_query {
    enum history_kind kind;
    enum history_by by;
    int32_t dataset, zone;                         /* 0 = all */
    char from[HISTORY_DATE_N], to[HISTORY_DATE_N]; /* half-open, "" = open; from: of a day */
};

/* The largest answer: a hundred years by day. */
#define HISTORY_BYTES_MAX ((size_t)16 << 20)

/* A request's query for that kind of question; TLC_REFUSE names the wrong parameter and what would
 * be right. */
TLC_MUST int history_query_parse(const struct tlc_http_request *request, enum history_kind kind,
                                 struct history_query *ret, struct tlc_err *err);
/* What every transaction of this connection is to be told first: that it only reads. */
void history_session(struct tlc_pg *pg);
/* Appends the answer. */
TLC_MUST int history_answer(struct tlc_pg *pg, const struct history_query *query,
                            struct tlc_buf *out, struct tlc_err *err);
/* The overview without a database: {"state":...,"text":...}. */
void history_overview_without(const char *state, const char *text, struct tlc_buf *out);

/* What batch-process did last, and what waits for its next run. */
struct history_backlog {
    bool tables;             /* batch-process has made its tables */
    int64_t run_id, ended_s; /* 0: no run has ended */
    int64_t dirty, todo;
    char error[256]; /* of that run, "" when it ended well */
};
TLC_MUST int history_backlog_read(struct tlc_pg *pg, struct history_backlog *ret,
                                  struct tlc_err *err);

/* The statements of sql/, compiled in. */
extern const char sql_source_days[];

#endif
