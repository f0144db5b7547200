/* What a file's name tells: dataset, month, and whether it is synthetic.
 *
 * "green_tripdata_2024-01.csv.gz", "synthetic_yellow_tripdata_2024-05.csv",
 * "yellow_2019-08_gx10k.csv". Pure; any thread. */
#ifndef PREPROCESS_NAMING_H
#define PREPROCESS_NAMING_H

#include "common/base/str.h"

struct naming {
    int dataset;    /* enum tlc_dataset, 0 when the name does not tell */
    int32_t month;  /* yyyymm, 0 when the name does not tell */
    bool synthetic; /* the name begins with "synthetic_" */
};

/* The part of a path after its last slash. */
struct tlc_str naming_base(const char *path);
void naming_read(struct tlc_str base, struct naming *ret);
/* "YYYY-MM" as yyyymm, for a month that a source may have (2007-01 to 2068-12). */
TLC_MUST bool naming_month(struct tlc_str s, int32_t *ret_month);

#endif
