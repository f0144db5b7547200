#include "tests/support/unit.h"

#include "common/base/clock.h"
#include "consumer-store/writer.h"
#include "tests/unit/consumer-store/fakes.h"

#define DEADLINE_MS 30000

struct fixture {
    struct fake_db db;
    struct fake_sink sink;
    struct report report;
    struct writer *writer;
    struct batch batch;
};

static struct fixture *fixture_new(void)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct tlc_err err;
    assert_non_null(f);
    fake_db_init(&f->db);
    f->sink.db = &f->db;
    f->db.next[0] = 0;
    report_init(&f->report);
    batch_init(&f->batch);
    struct fake_log *log = calloc(1, sizeof(*log));
    assert_non_null(log);
    fake_log_event(log, 0, 1, false);
    struct tlc_kafka_message m = {.value = {log->messages[0][0].text, log->messages[0][0].n}};
    assert_int_equal(batch_add(&f->batch, &m, 0, &err), TLC_OK);
    free(log);
    struct store_sink sink = fake_sink(&f->sink);
    assert_int_equal(writer_open(&sink, &f->report, &f->writer, &err), TLC_OK);
    return f;
}

static void fixture_free(struct fixture *f)
{
    writer_close(&f->writer);
    batch_release(&f->batch);
    fake_db_release(&f->db);
    report_release(&f->report);
    free(f);
}

static int64_t counter(const struct fixture *f, enum store_counter id)
{
    return tlc_counter_get(&f->report.counters, id);
}

static void tries_wait(struct fixture *f, int n)
{
    int64_t until_ms = tlc_now_ms() + DEADLINE_MS;
    while (fake_db_tries(&f->db) < n) {
        assert_true(tlc_now_ms() < until_ms);
        writer_wait(f->writer, 5);
    }
}

static void submit__written__comes_back(void **state)
{
    (void)state;
    struct fixture *f = fixture_new();
    struct tlc_err err;
    int rc = TLC_FATAL;
    assert_false(writer_busy(f->writer));
    writer_submit(f->writer, &f->batch);
    assert_true(writer_busy(f->writer));
    assert_true(writer_wait(f->writer, DEADLINE_MS));
    assert_ptr_equal(writer_take(f->writer, &rc, &err), &f->batch);
    assert_int_equal(rc, TLC_OK);
    assert_false(writer_busy(f->writer));
    assert_null(writer_take(f->writer, &rc, &err));
    assert_int_equal(f->batch.parts[0].outcome, BATCH_STORED);
    assert_int_equal(counter(f, STORE_READ), 1);
    assert_int_equal(counter(f, STORE_STORED), 1);
    assert_int_equal(counter(f, STORE_BATCHES), 1);
    fixture_free(f);
}

static void write__database_away__kept_and_tried_again(void **state)
{
    (void)state;
    struct fixture *f = fixture_new();
    struct tlc_err err;
    int rc = TLC_FATAL;
    fake_db_set(&f->db, FAKE_AWAY);
    writer_submit(f->writer, &f->batch);
    tries_wait(f, 3);
    assert_true(writer_away(f->writer));
    assert_int_equal(counter(f, STORE_PAUSED), 1);
    assert_null(writer_take(f->writer, &rc, &err));
    fake_db_set(&f->db, FAKE_DONE);
    assert_true(writer_wait(f->writer, DEADLINE_MS));
    assert_ptr_equal(writer_take(f->writer, &rc, &err), &f->batch);
    assert_int_equal(rc, TLC_OK);
    assert_false(writer_away(f->writer));
    assert_true(counter(f, STORE_RETRIES) >= 2);
    assert_int_equal(counter(f, STORE_PAUSED), 0);
    assert_int_equal(fake_db_faults(&f->db, 0, 0, 1), 0);
    fixture_free(f);
}

static void write__fatal__handed_back_with_words(void **state)
{
    (void)state;
    struct fixture *f = fixture_new();
    struct tlc_err err;
    int rc = TLC_OK;
    fake_db_set(&f->db, FAKE_NO_SUCH_ROW);
    writer_submit(f->writer, &f->batch);
    assert_true(writer_wait(f->writer, DEADLINE_MS));
    assert_non_null(writer_take(f->writer, &rc, &err));
    assert_int_equal(rc, TLC_FATAL);
    assert_int_equal(err.exit_code, TLC_EXIT_CONFIG);
    assert_string_equal(err.text, "no rights");
    fixture_free(f);
}

static void close__while_trying_again__gives_up_at_once(void **state)
{
    (void)state;
    struct fixture *f = fixture_new();
    fake_db_set(&f->db, FAKE_AWAY);
    writer_submit(f->writer, &f->batch);
    tries_wait(f, 5); /* pauses are over a second by now */
    int64_t from_ms = tlc_now_ms();
    writer_close(&f->writer);
    assert_true(tlc_now_ms() - from_ms < 500);
    assert_int_equal(f->db.next[0], 0);
    fixture_free(f);
}

static void idle__ledger__asked_for(void **state)
{
    (void)state;
    struct fixture *f = fixture_new();
    int64_t until_ms = tlc_now_ms() + DEADLINE_MS;
    writer_submit(f->writer, &f->batch);
    int64_t stored = 0;
    while (stored != 1) {
        assert_true(tlc_now_ms() < until_ms);
        writer_wait(f->writer, 5);
        pthread_mutex_lock(&f->report.lock);
        stored = f->report.ledger.stored;
        pthread_mutex_unlock(&f->report.lock);
        struct tlc_err err;
        int rc;
        writer_take(f->writer, &rc, &err);
    }
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(submit__written__comes_back),
        cmocka_unit_test(write__database_away__kept_and_tried_again),
        cmocka_unit_test(write__fatal__handed_back_with_words),
        cmocka_unit_test(close__while_trying_again__gives_up_at_once),
        cmocka_unit_test(idle__ledger__asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
