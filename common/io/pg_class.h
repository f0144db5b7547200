/* What a failure of PostgreSQL, or of a pooler in front of it, asks of us: one table for every
 * program.
 *
 * Pure. PostgreSQL tells by SQLSTATE. PgBouncer 1.18 says 08P01 of everything, the server's
 * own refusals included, so words tell them apart there. */
#ifndef TLC_IO_PG_CLASS_H
#define TLC_IO_PG_CLASS_H

#include "common/base/err.h"

struct tlc_pg_class {
    const char *state;  /* the SQLSTATE or how it begins */
    const char *words;  /* what the message must hold besides; NULL: anything */
    enum tlc_class cls; /* TLC_RETRY, TLC_REFUSE (this row) or TLC_FATAL */
    const char *remedy; /* "" where the server's words say enough */
};

/* The first row that fits. sqlstate "": the connection was lost, or there was none. */
const struct tlc_pg_class *tlc_pg_class_of(const char *sqlstate, const char *text);

#endif
