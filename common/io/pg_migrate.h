/* Tables made and updated by numbered SQL files.
 *
 * Every file runs in a transaction of its own, under an advisory lock, and is noted in a version
 * table; so any number of instances may start at once: who does not get the lock is told to try
 * again. One thread. */
#ifndef TLC_IO_PG_MIGRATE_H
#define TLC_IO_PG_MIGRATE_H

#include "common/io/pg.h"

/* What common/cmake/embed_sql.cmake writes for 001_name.sql. */
struct tlc_migration {
    int version;
    const char *name;
    const char *sql;
};

struct tlc_pg_schema {
    const char *program; /* whose tables they are, for messages */
    const char *table;   /* where versions are noted: an identifier of ours, never data */
    int lock;            /* second key of the advisory lock, unique among the programs */
    const struct tlc_migration *rows; /* ascending by version */
    size_t n;
};

/* The newest version this program knows. */
int tlc_pg_schema_version(const struct tlc_pg_schema *schema);
/* Runs what is missing. *ret_ran: files run. A newer schema than ours is TLC_FATAL (78). */
TLC_MUST int tlc_pg_migrate(struct tlc_pg *pg, const struct tlc_pg_schema *schema, int *ret_ran,
                            struct tlc_err *err);
/* The version is the one this program knows; else TLC_FATAL (78) with the remedy. Inside the
 * caller's transaction. */
TLC_MUST int tlc_pg_schema_check(struct tlc_pg *pg, const struct tlc_pg_schema *schema,
                                 struct tlc_err *err);

#endif
