/* Commit metadata, which any tool may have written: what is taken comes back the same when it is
 * written again. */
#include <assert.h>

#include "consumer-process/lowoffset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct recovery r, again;
    struct tlc_err err;
    if (recovery_decode((struct tlc_str){(const char *)data, size}, &r, &err) != 0) {
        return 0;
    }
    assert(r.effects <= r.position && r.marks_n <= SOURCES_MAX && r.totals_n <= SOURCES_MAX);
    struct tlc_buf one, two;
    tlc_buf_init(&one, METADATA_MAX * 4);
    tlc_buf_init(&two, METADATA_MAX * 4);
    if (recovery_encode(&r, &one)) {
        int rc = recovery_decode(tlc_buf_str(&one), &again, &err);
        assert(rc == 0);
        bool fits = recovery_encode(&again, &two);
        assert(fits && tlc_str_eq(tlc_buf_str(&one), tlc_buf_str(&two)));
    }
    tlc_buf_release(&one);
    tlc_buf_release(&two);
    return 0;
}
