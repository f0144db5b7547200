/* What a file's path tells: dataset, month, and whether it is synthetic.
 *
 * "green_tripdata_2024-01.csv.gz", "synthetic_yellow_tripdata_2024-05.csv",
 * "2025-05-01_export_yellow_tripdata_2024-01.csv", "yellow/year=2024/month=01/part-0.parquet".
 * Pure; any thread. */
#ifndef PREPROCESS_NAMING_H
#define PREPROCESS_NAMING_H

#include "common/base/str.h"

struct naming {
    int dataset;          /* enum tlc_dataset, by the name; 0 when it does not tell */
    int folder_dataset;   /* by the folders, where columns do not tell more; 0 */
    int32_t month;        /* yyyymm: behind "tripdata", else of the folders, else any; 0 */
    int32_t folder_month; /* by keys of folders ("year=2024/month=01"), 0 */
    bool synthetic;       /* the name begins with "synthetic_" */
};

/* The part of a path after its last slash. */
struct tlc_str naming_base(const char *path);
void naming_read(const char *path, struct naming *ret);
/* "YYYY-MM" as yyyymm, for a month that a source may have (2007-01 to 2068-12). */
TLC_MUST bool naming_month(struct tlc_str s, int32_t *ret_month);

#endif
