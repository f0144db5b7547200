#include "common/event/zone.h"

static const struct tlc_zone zones[] = {
#include "zone_table.inc"
};

_Static_assert(TLC_COUNT(zones) == 265, "data/zones.csv must have the zones 1 to 265 in order");

const struct tlc_zone *tlc_zone_get(int id)
{
    return id >= 1 && id <= (int)TLC_COUNT(zones) ? &zones[id - 1] : NULL;
}

int tlc_zone_find(struct tlc_str name)
{
    if (name.n == 0) {
        return 0;
    }
    const int first = name.p[0] | 0x20; /* folds ASCII case; a false match costs one comparison */
    for (size_t i = 0; i < TLC_COUNT(zones); i++) {
        if ((zones[i].name[0] | 0x20) == first &&
            tlc_str_eq_nocase(name, tlc_str_from(zones[i].name))) {
            return zones[i].id;
        }
    }
    return 0;
}
