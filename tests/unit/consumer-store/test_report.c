#include "tests/support/unit.h"

#include "common/io/status_http.h"
#include "consumer-store/report.h"

/* What ./pipeline, the ledger and the dashboard read. */
static void detail__ledger_and_lags__as_they_are(void **state)
{
    (void)state;
    static struct report r;
    struct tlc_status status;
    struct tlc_buf out;
    tlc_buf_init(&out, 10000);
    report_init(&r);
    report_status(&r, &status);
    status.detail(status.ctx, &out);
    assert_string_equal(tlc_buf_cstr(&out), ",\"ledger\":null,\"partitions\":[]");
    struct store_ledger ledger = {.read = 10,
                                  .stored = 5,
                                  .duplicate = 3,
                                  .refused = 1,
                                  .marks = 1,
                                  .gaps = 2,
                                  .stored_besides = 7,
                                  .partitions_min = 4,
                                  .partitions_max = 4};
    struct store_ledger older = ledger;
    older.read = 9;
    older.marks = 0;
    report_ledger(&r, &ledger);
    report_ledger(&r, &older);
    struct report_partition partitions[] = {{0, 7, 10}, {2, 4, -1}, {3, 9, 8}};
    report_partitions(&r, partitions, 3);
    tlc_buf_reset(&out);
    status.detail(status.ctx, &out);
    assert_string_equal(
        tlc_buf_cstr(&out),
        ",\"ledger\":{\"read\":10,\"stored\":5,\"duplicate\":3,\"refused\":1,\"marks\":1,"
        "\"gaps\":2,\"cut\":0,\"stored_besides\":7},\"topic\":{\"partitions_at_first\":4,"
        "\"partitions\":4},"
        "\"partitions\":[{\"partition\":0,\"position\":7,\"end\":10,\"lag\":3},"
        "{\"partition\":2,\"position\":4,\"end\":null,\"lag\":null},"
        "{\"partition\":3,\"position\":9,\"end\":8,\"lag\":0}]");
    assert_int_equal(tlc_counter_get(&r.counters, STORE_LAG), 3);
    assert_int_equal(tlc_counter_get(&r.counters, STORE_ASSIGNED), 3);
    tlc_buf_release(&out);
    report_release(&r);
}

static void not_ready__until_database_and_kafka_answer(void **state)
{
    (void)state;
    static struct report r;
    struct tlc_status status;
    report_init(&r);
    report_status(&r, &status);
    assert_string_equal(status.not_ready(status.ctx), "the database is away");
    report_database(&r, "");
    report_kafka(&r, "no broker");
    assert_string_equal(status.state(status.ctx), "waiting: kafka away");
    assert_non_null(status.not_ready(status.ctx));
    report_kafka(&r, "");
    assert_null(status.not_ready(status.ctx));
    assert_string_equal(status.state(status.ctx), "waiting: no partition assigned");
    report_draining(&r);
    assert_string_equal(status.not_ready(status.ctx), "draining");
    report_release(&r);
}

static void batch__parts_by_outcome__only_stored_ones_counted(void **state)
{
    (void)state;
    static struct report r;
    report_init(&r);
    struct batch_part parts[] = {
        {.read = 10,
         .refused = 1,
         .marks = 1,
         .outcome = BATCH_STORED,
         .stored = 5,
         .duplicate = 2,
         .bad = 1},
        {.read = 0, .outcome = BATCH_FENCED},
    };
    struct batch b = {.parts = parts, .parts_n = 2};
    report_batch(&r, &b, 0.1);
    assert_int_equal(tlc_counter_get(&r.counters, STORE_READ), 10);
    assert_int_equal(tlc_counter_get(&r.counters, STORE_STORED), 5);
    assert_int_equal(tlc_counter_get(&r.counters, STORE_DUPLICATE), 2);
    assert_int_equal(tlc_counter_get(&r.counters, STORE_REFUSED), 2);
    assert_int_equal(tlc_counter_get(&r.counters, STORE_MARKS), 1);
    assert_int_equal(tlc_counter_get(&r.counters, STORE_FENCED), 1);
    report_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(detail__ledger_and_lags__as_they_are),
        cmocka_unit_test(not_ready__until_database_and_kafka_answer),
        cmocka_unit_test(batch__parts_by_outcome__only_stored_ones_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
