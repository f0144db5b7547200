/* Which column of a file holds what: every header TLC has used since 2009, and what re-writers make
 * of them, found by name.
 *
 * A name is normalised to its letters and digits in lower case ("Trip_Pickup_DateTime",
 * "trip.pickup.datetime" -> "trippickupdatetime") and looked up in one alias table; names that are
 * not in it are ignored. Where several columns fit, TLC's own name of the dataset wins, the newest
 * first, then TLC's names of other datasets, then re-writers', wherever the columns stand; two of
 * one rank are twins. A new header is one more row there. Pure; any thread. */
#ifndef PREPROCESS_COLUMNS_H
#define PREPROCESS_COLUMNS_H

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/event/tripid.h"

/* How a cell is read. */
enum cell_kind {
    CELL_TIME,      /* wall clock, seconds as if UTC */
    CELL_ZONE,      /* small integer, also written 264.0 */
    CELL_ZONE_NAME, /* "Astoria Park" -> 8; what several zones are called, or lie in, is none */
    CELL_DEGREE,    /* millionths of a degree */
    CELL_VENDOR,    /* number, or VTS CMT DDS */
    CELL_LICENCE,   /* HV0003 -> 3, B02884 -> 2884 */
    CELL_COUNT,     /* small integer */
    CELL_PAYMENT,   /* number, or the spellings of 2009-2014 */
    CELL_HUNDREDTH, /* dollars or miles, in hundredths */
};

#define COLUMNS(X)                                                                                 \
    X(COL_PICKUP, TIME, "pickup time")                                                             \
    X(COL_DROPOFF, TIME, "drop-off time")                                                          \
    X(COL_PU_ZONE, ZONE, "pickup zone")                                                            \
    X(COL_DO_ZONE, ZONE, "drop-off zone")                                                          \
    X(COL_PU_ZONE_NAME, ZONE_NAME, "pickup zone's name")                                           \
    X(COL_DO_ZONE_NAME, ZONE_NAME, "drop-off zone's name")                                         \
    X(COL_PU_LON, DEGREE, "pickup longitude")                                                      \
    X(COL_PU_LAT, DEGREE, "pickup latitude")                                                       \
    X(COL_DO_LON, DEGREE, "drop-off longitude")                                                    \
    X(COL_DO_LAT, DEGREE, "drop-off latitude")                                                     \
    X(COL_VENDOR, VENDOR, "vendor")                                                                \
    X(COL_HVFHS, LICENCE, "HVFHS licence number")                                                  \
    X(COL_BASE, LICENCE, "dispatching base")                                                       \
    X(COL_BASE_2, LICENCE, "dispatching base (second column)")                                     \
    X(COL_PASSENGERS, COUNT, "passenger count")                                                    \
    X(COL_DISTANCE, HUNDREDTH, "trip distance")                                                    \
    X(COL_PAYMENT, PAYMENT, "payment type")                                                        \
    X(COL_FARE, HUNDREDTH, "fare")                                                                 \
    X(COL_TIP, HUNDREDTH, "tip")                                                                   \
    X(COL_TOTAL, HUNDREDTH, "total")

#define COLUMN_ENUM(id, kind, text) id,
enum column { COLUMNS(COLUMN_ENUM) COL_N };

/* Two columns of one rank for the same thing: their cells must be equal in every row. */
struct column_twin {
    enum column column;
    int16_t taken, other; /* field numbers */
};

#define COLUMN_TWINS_MAX 8

struct columns {
    int16_t field[COL_N]; /* field number of the file, -1 when the file has no such column */
    int fields_n;         /* fields the header names, without empty ones at its end */
    uint32_t has;         /* bit c: column c is there */
    struct column_twin twin[COLUMN_TWINS_MAX];
    int twins_n;
};

/* What a header says of the dataset. */
struct column_traits {
    int16_t lpep[2], tpep[2]; /* fields of the pickup and the drop-off time; -1 */
    bool hvfhs, base;         /* licence number, dispatching base */
    bool trip_duration;       /* Kaggle's */
    bool borough;             /* seaborn's, of both editions */
};

/* Most fields a file may have; more are an error. */
#define COLUMNS_FIELDS_MAX 64

enum cell_kind columns_kind(enum column c);
const char *columns_text(enum column c);
/* names: n header fields, trimmed and unquoted. Never fails: what is not known is left out. */
void columns_traits(const struct tlc_str *names, int n, struct column_traits *ret);
/* The dataset that the header speaks of; 0 when it does not tell. A header with lpep and tpep times
 * is called yellow: whose are whole only the rows tell. */
int columns_dataset(const struct column_traits *t);
/* dataset: 0 when it is not known yet. */
void columns_find(const struct tlc_str *names, int n, int dataset, struct columns *ret);
/* Either of them: both zones, by id or name, or both points. */
bool columns_have_points(const struct columns *c);
/* That the columns suffice for a file of the dataset; the error lists what is missing and what is
 * there. */
TLC_MUST int columns_check(const struct columns *c, enum tlc_dataset dataset,
                           const struct tlc_str *names, int n, struct tlc_err *err);

#endif
