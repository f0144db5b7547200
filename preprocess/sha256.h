/* SHA-256 (FIPS 180-4), with the processor's SHA instructions where it has them.
 *
 * For: the fingerprints in the manifest. Not for: secrets. A plain struct, no allocation; one
 * thread at a time. */
#ifndef PREPROCESS_SHA256_H
#define PREPROCESS_SHA256_H

#include "common/base/str.h"

struct sha256 {
    uint32_t state[8];
    uint64_t bytes;    /* taken so far */
    uint8_t block[64]; /* bytes % 64 of them are waiting */
};

#define SHA256_HEX_N 65 /* with the NUL */

void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *bytes, size_t n);
/* Lower-case hex of all bytes added; s is spent. */
void sha256_hex(struct sha256 *s, char ret_hex[SHA256_HEX_N]);

/* For tests: whether instructions of this processor are used, and the way that needs none. */
bool sha256_has_instructions(void);
void sha256_blocks_portable(uint32_t state[8], const uint8_t *p, size_t blocks);

#endif
