#include "tests/support/unit.h"

#include "preprocess/sha256.h"

static void hex__vectors_of_fips_180__equal(void **state)
{
    static const struct {
        const char *text, *hex;
    } cases[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    (void)state;
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        struct sha256 s;
        char hex[SHA256_HEX_N];
        sha256_init(&s);
        sha256_add(&s, cases[i].text, strlen(cases[i].text));
        sha256_hex(&s, hex);
        assert_string_equal(hex, cases[i].hex);
    }
}

static void add__a_million_a_in_odd_pieces__vector(void **state)
{
    struct sha256 s;
    char hex[SHA256_HEX_N], piece[997];
    (void)state;
    memset(piece, 'a', sizeof piece);
    sha256_init(&s);
    for (size_t left = 1000000, n = 1; left > 0; left -= n) {
        n = n * 7 % 991 + 1;
        n = n < left ? n : left;
        sha256_add(&s, piece, n);
    }
    sha256_hex(&s, hex);
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* Whatever instructions this machine has, both ways must agree. */
static void blocks__portable_and_fast__same_state(void **state)
{
    uint8_t bytes[64 * 9];
    uint64_t seed = 7;
    (void)state;
    print_message("SHA instructions of this processor: %s\n",
                  sha256_has_instructions() ? "used" : "none, the portable way alone");
    for (size_t i = 0; i < sizeof bytes; i++) {
        seed = seed * 6364136223846793005U + 1442695040888963407U;
        bytes[i] = (uint8_t)(seed >> 40);
    }
    struct sha256 fast, slow;
    sha256_init(&fast);
    sha256_init(&slow);
    sha256_add(&fast, bytes, sizeof bytes);
    sha256_blocks_portable(slow.state, bytes, sizeof bytes / 64);
    assert_memory_equal(fast.state, slow.state, sizeof slow.state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex__vectors_of_fips_180__equal),
        cmocka_unit_test(add__a_million_a_in_odd_pieces__vector),
        cmocka_unit_test(blocks__portable_and_fast__same_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
