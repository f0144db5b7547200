#include "batch-process/sql.h"

#include "batch_sql.inc"

const struct tlc_pg_schema sql_schema = {
    .program = "batch-process",
    .table = "batch_version",
    .lock = 4,
    .rows = migrations,
    .n = TLC_COUNT(migrations),
};
