/* Any text as a cell: the fast ways must agree with the parsers of common/event. The first byte is
 * the kind of the column. */
#include "common/event/csv.h"
#include "common/event/event.h"
#include "common/event/ny_time.h"
#include "preprocess/cell.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_number(struct tlc_str s, int decimals, int64_t limit)
{
    int64_t fast = 0, slow = 0;
    const bool taken = cell_number(s, decimals, limit, &fast) == CELL_OK;
    if (taken != tlc_number_scaled(tlc_str_trim(s), decimals, limit, &slow) || fast != slow) {
        abort();
    }
}

static void check_time(struct tlc_str s)
{
    static struct cell_times warm; /* keeps the dates of earlier inputs */
    struct cell_times cold = {.order = DATE_ORDER_UNKNOWN};
    struct when slow = {0};
    int64_t wall_s = 0;
    const bool ok = when_parse(tlc_str_trim(s), DATE_ORDER_UNKNOWN, &slow);
    if (tlc_wall_parse(tlc_str_trim(s), &wall_s) && (!ok || slow.zoned || slow.face_s != wall_s)) {
        abort(); /* what the strict parser takes, the tolerant one takes as the same */
    }
    for (int pass = 0; pass < 3; pass++) {
        int64_t fast = 0;
        const enum cell_state state = cell_time(pass == 0 ? &warm : &cold, s, &fast);
        if ((state == CELL_OK || state == CELL_ZONED) != ok ||
            (ok && (fast != slow.face_s || (state == CELL_ZONED) != slow.zoned))) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cell_times times = {.order = DATE_ORDER_MDY};
    int64_t v;
    if (size == 0) {
        return 0;
    }
    const enum cell_kind kind = (enum cell_kind)(data[0] % (CELL_HUNDREDTH + 1));
    const struct tlc_str s = {(const char *)data + 1, size - 1};
    (void)cell_read(kind, &times, s, &v);
    if (kind == CELL_TIME) {
        check_time(s);
    } else if (kind == CELL_HUNDREDTH) {
        check_number(s, 2, TLC_CENTS_MAX);
    } else if (kind == CELL_DEGREE) {
        check_number(s, 6, 1000000000);
    }
    return 0;
}
