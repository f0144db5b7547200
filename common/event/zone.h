/* The 265 TLC taxi zones: id, borough, name, service zone, centroid. Compiled in from
 * data/zones.csv, the one source.
 *
 * The id is the key: names are not unique (Corona is 56 and 57; 103-105 share one name). Pure; any
 * thread. */
#ifndef TLC_EVENT_ZONE_H
#define TLC_EVENT_ZONE_H

#include "common/base/str.h"

struct tlc_zone {
    int16_t id; /* 1..265 */
    const char *borough;
    const char *name;
    const char *service_zone;
    double lon, lat; /* centroid, WGS84, three decimals; 0, 0 for 264 and 265 and where TLC gives no
                        shape */
};

/* NULL outside 1..265. */
const struct tlc_zone *tlc_zone_get(int id);
/* The lowest id with that name, ASCII case ignored; 0 when there is none. */
int tlc_zone_find(struct tlc_str name);

#endif
