/* The body of POST /api/windows and the compact form on disk, from arbitrary bytes: what is taken
 * keeps the limits that the sums rely on, and comes back from its compact form as the same bytes.
 */
#include <assert.h>
#include <stdlib.h>

#include "dashboard/window_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_window(const struct window *w)
{
    struct tlc_buf first, second;
    struct tlc_err err;
    struct window back;
    assert(w->revision > 0 && w->sums[WINDOW_MATCHED] <= w->ends_n);
    for (size_t i = 0; i < WINDOW_SUMS_N; i++) {
        assert(w->sums[i] >= window_sum_infos[i].min && w->sums[i] <= window_sum_infos[i].max);
    }
    tlc_buf_init(&first, 64 << 20);
    tlc_buf_init(&second, 64 << 20);
    window_encode(w, &first);
    assert(window_decode(tlc_buf_str(&first), &back, &err) == TLC_OK);
    assert(back.starts_n == w->starts_n && back.ends_n == w->ends_n);
    window_encode(&back, &second);
    assert(tlc_str_eq(tlc_buf_str(&first), tlc_buf_str(&second)));
    window_release(&back);
    tlc_buf_release(&first);
    tlc_buf_release(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tlc_str text = {(const char *)data, size};
    struct window_message m;
    struct window w;
    struct tlc_err err;
    if (window_message_decode(text, &m, &err) == TLC_OK) {
        for (size_t i = 0; i < m.windows_n; i++) {
            check_window(&m.windows[i]);
        }
        window_message_release(&m);
    }
    if (window_decode(text, &w, &err) == TLC_OK) {
        window_release(&w);
    }
    return 0;
}
