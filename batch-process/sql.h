/* The statements of sql/, compiled in. Each file says what its parameters are. */
#ifndef BATCH_PROCESS_SQL_H
#define BATCH_PROCESS_SQL_H

#include "common/io/pg_migrate.h"

extern const struct tlc_pg_schema sql_schema; /* the numbered files */

extern const char sql_session[];
extern const char sql_rights[];

extern const char sql_plan_reloaded[], sql_plan_leaves[], sql_plan_range[];
extern const char sql_plan_dirty[], sql_plan_todo[];
extern const char sql_leaf_index[], sql_leaf_summarize[], sql_leaf_analyze[];

extern const char sql_day_open_clear[], sql_day_open[], sql_day_open_keep[];
extern const char sql_day_pair[], sql_day_pairs[], sql_day_clear[], sql_day_stat[], sql_day_total[];
extern const char sql_day_routes[], sql_day_rides[];
extern const char sql_sum_clear_week[], sql_sum_week[];
extern const char sql_sum_clear_month[], sql_sum_month[];

extern const char sql_todo_add[], sql_todo_followers[], sql_todo_reversed[], sql_todo_done[],
    sql_dirty_done[];
extern const char sql_run_turn[], sql_run_turn_try[], sql_run_claim[];
extern const char sql_run_begin[], sql_run_add[], sql_run_end[];
extern const char sql_backlog[], sql_gaps[];

#endif
