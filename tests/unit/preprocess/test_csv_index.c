#include "tests/support/unit.h"

#include <string.h>

#include "preprocess/csv_index.h"

#define N_MAX 400

/* Against one byte at a time, for texts of every length and many mixtures. */
static void index__random_text__same_as_byte_by_byte(void **state)
{
    static const char alphabet[] = "01.-,\n\"\r x\xff";
    uint64_t seed = 20240101;
    (void)state;
    for (size_t n = 0; n <= N_MAX; n++) {
        char text[N_MAX + 64];
        uint32_t at[N_MAX + 64];
        size_t expected = 0, k = 0;
        bool quotes, expected_quotes = false;
        memset(text, ',', sizeof text); /* what lies behind n must not count */
        for (size_t i = 0; i < n; i++) {
            seed = seed * 6364136223846793005U + 1442695040888963407U;
            text[i] = alphabet[(seed >> 33) % (n % 7 == 0 ? 4 : sizeof alphabet - 1)];
        }
        const size_t found = csv_index(text, n, at, &quotes);
        for (size_t i = 0; i < n; i++) {
            expected_quotes = expected_quotes || text[i] == '"';
            if (text[i] == ',' || text[i] == '\n') {
                expected++;
                assert_true(k < found && at[k] == i);
                k++;
            }
        }
        assert_int_equal(found, expected);
        assert_int_equal(quotes, expected_quotes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(index__random_text__same_as_byte_by_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
