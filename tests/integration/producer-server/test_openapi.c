/* /openapi.yaml against the running server: schemathesis sends what the document allows and what it
 * does not, and compares every reply. Its one check that is left out wants every body accepted that
 * fits the schema; dates, sources and months are more than a schema can say. */
#include "tests/support/unit.h"

#include "tests/support/server_under_test.h"

#define CHECKS                                                                                     \
    "not_a_server_error,status_code_conformance,content_type_conformance,"                         \
    "response_headers_conformance,response_schema_conformance,negative_data_rejection,"            \
    "unsupported_method"

static void openapi__every_reply__as_described(void **state)
{
    (void)state;
    struct sut sut;
    char command[2048], dir[UNIT_PATH_MAX];
    sut_start(&sut, NULL);
    sut_wait_ready(&sut, true);
    snprintf(command, sizeof command,
             "cd %s && " SCHEMATHESIS
             " run http://127.0.0.1:%d/openapi.yaml --max-examples 25 --seed 1 "
             "--generation-deterministic "
             "--checks " CHECKS " --no-color >&2",
             unit_temp_dir(dir), sut.port);
    assert_int_equal(system(command), 0);
    snprintf(command, sizeof command, "rm -r %s", dir); /* it leaves notes of its own there */
    assert_int_equal(system(command), 0);
    sut_stop(&sut);
    sut_free(&sut);
}

int main(void)
{
    if (access(SCHEMATHESIS, X_OK) != 0) {
        fprintf(stderr, "SKIPPED: schemathesis is not here: run ./pipeline setup\n");
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(openapi__every_reply__as_described),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
