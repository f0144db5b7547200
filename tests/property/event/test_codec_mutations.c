/* Lines of every kind, mutated at random, through the comparison with jansson that the fuzz target
 * makes. Another seed and count: test_event_codec_mutations SEED COUNT. */
#include "tests/support/unit.h"

#include "common/base/retry.h"
#include "common/base/str.h"

#define LINE_MAX_BYTES 700
#define COUNT_DEFAULT 150000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ID "\"TripID\":2202401000000001"
#define START                                                                                      \
    "{" ID ",\"VendorID\":2,\"Datetime\":\"2024-01-01T00:12:34-05:00\",\"Status\":\"start\","      \
    "\"ZoneID\":74,\"Longitude\":-73.937500,\"Latitude\":40.802500,\"PassengerCount\":1}"
#define END                                                                                        \
    "{" ID ",\"VendorID\":2,\"Datetime\":\"2024-01-01T00:20:00-05:00\",\"Status\":\"end\","        \
    "\"ZoneID\":75,\"TripDistance\":1.42,\"PaymentType\":1,\"FareAmount\":8.60,"                   \
    "\"TipAmount\":2.00,\"TotalAmount\":-14.10}"
#define ODD                                                                                        \
    "{ \"Zone\" : \"Central Park\", \"Status\":\"st\\u0061rt\", \"VendorID\": 2.0e0, "             \
    "\"Datetime\":"                                                                                \
    "\"2024-11-03 01:30:00\", \"TripID\": 9000000000000001, \"more\": [1, {\"a\": null}] }"
#define MARK "{\"Source\":2202401,\"Status\":\"closed\"}"

static const char *const lines[] = {START, END, ODD, MARK};
static const char *const pieces[] = {
    "null",
    "true",
    "\"ZoneID\":",
    "\"Zone\":\"Corona\"",
    "1e2",
    "0.005",
    "-",
    "\\u0041",
    "\\ud83d",
    "\\n",
    "[[[[[[[[",
    "]]]]",
    "{\"a\":1}",
    ",",
    "9007199254740991",
    "265",
    "\"end\"",
    "\"start\"",
    "\xc3\xa9",
    "\xff",
    " ",
    "0",
    "000000",
    "1e-2",
    "\"closed\"",
    "-0",
    "\"\"",
    ":",
};

static uint64_t rng;

static size_t below(size_t n)
{
    return (size_t)(tlc_random_next(&rng) % n);
}

/* Replaces `cut` bytes at `at` by a piece; as far as it fits. */
static size_t splice(char *line, size_t n, size_t at, size_t cut, struct tlc_str piece)
{
    cut = cut < n - at ? cut : n - at;
    if (n - cut + piece.n > LINE_MAX_BYTES) {
        return n;
    }
    memmove(line + at + piece.n, line + at + cut, n - at - cut);
    memcpy(line + at, piece.p, piece.n);
    return n - cut + piece.n;
}

static size_t mutate(char *line, size_t n)
{
    size_t at = below(n + 1);
    char byte = (char)below(256), digit = (char)('0' + below(10));
    switch (below(7)) {
    case 0: return splice(line, n, at, 1, (struct tlc_str){&byte, 1});
    case 1: return splice(line, n, at, 1, (struct tlc_str){&digit, 1});
    case 2: return splice(line, n, at, 0, (struct tlc_str){&digit, 1});
    case 3: return splice(line, n, at, below(9), TLC_STR(""));
    case 4: return splice(line, n, at, below(4), tlc_str_from(pieces[below(TLC_COUNT(pieces))]));
    case 5: return splice(line, n, at, below(25), tlc_str_from(pieces[below(TLC_COUNT(pieces))]));
    default: { /* a piece of another line */
        struct tlc_str other = tlc_str_from(lines[below(TLC_COUNT(lines))]);
        size_t from = below(other.n);
        return splice(line, n, at, below(20),
                      (struct tlc_str){other.p + from, below(other.n - from)});
    }
    }
}

static uint64_t seed = 20240101;
static size_t count = COUNT_DEFAULT;

static void decode__mutated_lines__codec_and_jansson_agree(void **state)
{
    (void)state;
    printf("seed %llu, %zu lines\n", (unsigned long long)seed, count);
    rng = seed;
    for (size_t i = 0; i < count; i++) {
        char line[LINE_MAX_BYTES];
        struct tlc_str from = tlc_str_from(lines[below(TLC_COUNT(lines))]);
        memcpy(line, from.p, from.n);
        size_t n = from.n;
        for (size_t k = below(6); k > 0; k--) {
            n = mutate(line, n);
        }
        char *exact = malloc(n > 0 ? n : 1); /* so that a read past the end is seen */
        assert_non_null(exact);
        memcpy(exact, line, n);
        LLVMFuzzerTestOneInput((const uint8_t *)exact, n);
        free(exact);
    }
}

int main(int argc, char **argv)
{
    seed = argc > 1 ? strtoull(argv[1], NULL, 10) : seed;
    count = argc > 2 ? strtoull(argv[2], NULL, 10) : count;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decode__mutated_lines__codec_and_jansson_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
