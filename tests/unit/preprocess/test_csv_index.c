#include "tests/support/unit.h"

#include <string.h>

#include "preprocess/csv_index.h"

#define N_MAX 400

static char text[N_MAX + 64];
static uint32_t expected_at[N_MAX], at[N_MAX + 64];

typedef size_t index_fn(const char *, size_t, struct csv_marks, uint32_t *, bool *);

static void check(index_fn *index_of, struct csv_marks marks, size_t n)
{
    size_t expected_n = 0;
    bool quotes, expected_quotes = false;
    for (size_t i = 0; i < n; i++) {
        expected_quotes = expected_quotes || text[i] == '"';
        if (text[i] == marks.separator || text[i] == marks.line_end) {
            expected_at[expected_n++] = (uint32_t)i;
        }
    }
    assert_int_equal(index_of(text, n, marks, at, &quotes), expected_n);
    assert_memory_equal(at, expected_at, expected_n * sizeof at[0]);
    assert_int_equal(quotes, expected_quotes);
}

/* Against one byte at a time, for texts of every length and many mixtures: with this processor's
 * instructions and without. Bytes that differ from a separator in one bit are among them. */
static void index__random_text__same_as_byte_by_byte(void **state)
{
    static const char alphabet[] = "01.-,\n\"\r;\t x\xff\xac\x8a\xa2\x2d\x0b#";
    uint64_t seed = 20240101;
    (void)state;
    for (size_t n = 0; n <= N_MAX; n++) {
        memset(text, ',', sizeof text); /* what lies behind n must not count */
        for (size_t i = 0; i < n; i++) {
            seed = seed * 6364136223846793005U + 1442695040888963407U;
            text[i] = alphabet[(seed >> 33) % (n % 7 == 0 ? 4 : sizeof alphabet - 1)];
        }
        check(csv_index, (struct csv_marks){',', '\n'}, n);
        check(csv_index_portable, (struct csv_marks){',', '\n'}, n);
        check(csv_index, (struct csv_marks){';', '\r'}, n);
        check(csv_index_portable, (struct csv_marks){'\t', '\r'}, n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(index__random_text__same_as_byte_by_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
