/* The options of preprocess: one table, from which come the parser, --help and the README's table.
 */
#ifndef PREPROCESS_OPTIONS_H
#define PREPROCESS_OPTIONS_H

#include "common/base/opts.h"

#define PREPROCESS_OPTIONS(X)                                                                      \
    X(STR, output, "output", NULL, NULL, 0, 0, "DIR",                                              \
      "folder for events.ndjson, rejects.csv and manifest.json (default: the current one); "       \
      "- streams the events to standard output and writes nothing else")                           \
    X(STR, output_short, "o", NULL, NULL, 0, 0, "DIR", "short for --output")                       \
    X(BOOL, force, "force", NULL, NULL, 0, 0, NULL, "replace existing output files")               \
    X(STR, dataset, "dataset", NULL, NULL, 0, 0, "NAME",                                           \
      "yellow, green, fhv, fhvhv or other; overrides file name and header")                        \
    X(STR, month, "month", NULL, NULL, 0, 0, "YYYY-MM",                                            \
      "month of the files; overrides their names")                                                 \
    X(STR, date_order, "date-order", NULL, NULL, 0, 0, "mdy|dmy",                                  \
      "how dates like 1/5/2024 are read (default: as all rows of the file tell)")                  \
    X(STR, zoned_times, "zoned-times", NULL, "instant", 0, 0, "instant|wall",                      \
      "times with a zone are the moment they say, or New York's clock, wrongly labelled")          \
    X(INT, first_row, "first-row", NULL, "1", 1, 999999999, "N",                                   \
      "number of the first row, where earlier pieces of the month went in another run")            \
    X(STR, zones, "zones", "TLC_ZONES", NULL, 0, 0, "FILE",                                        \
      "zone shapes for files with coordinates: GeoJSON (WGS84, also .gz) or TLC's .shp; none "     \
      "leaves them out (default: data/taxi_zones.shp, as data/fetch-zones puts it)")               \
    X(STR, duckdb, "duckdb", "TLC_DUCKDB", NULL, 0, 0, "FILE",                                     \
      "libduckdb.so, for Parquet (default: looked for beside the program and in .deps)")           \
    X(BYTES, memory, "memory", NULL, "512MiB", 64LL << 20, 1LL << 40, "BYTES",                     \
      "memory to work in; what does not fit is sorted in runs on disk")                            \
    X(STR, temp, "temp", NULL, NULL, 0, 0, "DIR", "folder for those runs (default: the output's)") \
    X(INT, threads, "threads", NULL, "0", 0, 64, "N", "threads; 0 means one a core")               \
    X(LIST, reject, "reject", NULL, NULL, 0, 0, "RULE",                                            \
      "make a flag rule reject; may be repeated")                                                  \
    X(LIST, allow, "allow", NULL, NULL, 0, 0, "RULE",                                              \
      "make a reject rule only flag (outside_month, too_long, end_before_start)")                  \
    X(MS, max_duration, "max-duration", NULL, "24h", 1000, 366LL * 86400000, "TIME",               \
      "rule too_long: longer trips are rejected")                                                  \
    X(MS, month_slack, "month-slack", NULL, "24h", 0, 48LL * 3600000, "TIME",                      \
      "rule outside_month: how far from its month a pickup may lie")                               \
    X(MS, long_duration, "long", NULL, "6h", 1000, 366LL * 86400000, "TIME",                       \
      "rule long: trips of at least this are flagged")                                             \
    X(INT, high_fare, "high-fare", NULL, "500", 0, 9999999, "DOLLARS",                             \
      "rules high_fare, high_total: more is flagged")                                              \
    X(INT, far, "far", NULL, "100", 0, 9999999, "MILES", "rule far: more is flagged")              \
    X(BOOL, plan, "plan", NULL, NULL, 0, 0, NULL,                                                  \
      "say what each file would be read as (source, dataset and month, file), and leave")          \
    X(BOOL, rules, "rules", NULL, NULL, 0, 0, NULL, "list the rules and leave")                    \
    X(BOOL, json, "json", NULL, NULL, 0, 0, NULL, "print the manifest to standard output")         \
    X(BOOL, quiet, "quiet", NULL, NULL, 0, 0, NULL, "no progress, no summary")

struct preprocess_options {
    PREPROCESS_OPTIONS(TLC_OPT_FIELD)
};

extern const struct tlc_program preprocess_program;

#endif
