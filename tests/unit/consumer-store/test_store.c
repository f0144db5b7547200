#include "tests/support/unit.h"

#include "common/base/clock.h"
#include "consumer-store/store.h"
#include "tests/unit/consumer-store/fakes.h"

#define DEADLINE_MS 30000

/* One instance over a log and a database of its own. */
struct fixture {
    struct fake_log log;
    struct fake_db db;
    struct fake_sink sink;
    struct fake_source source;
    struct report report;
    struct writer *writer;
    struct store store;
    int64_t now_ms; /* the store's clock */
};

static struct fixture *fixture_new(int64_t batch_rows)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct tlc_err err;
    assert_non_null(f);
    fake_db_init(&f->db);
    f->sink.db = &f->db;
    fake_source_init(&f->source, &f->log);
    report_init(&f->report);
    struct store_sink sink = fake_sink(&f->sink);
    assert_int_equal(writer_open(&sink, &f->report, &f->writer, &err), TLC_OK);
    struct store_settings settings = {batch_rows, 200};
    store_init(&f->store, &settings, &sink, &f->writer, 1, &f->report);
    f->store.source = fake_source(&f->source);
    f->source.hooks = store_hooks(&f->store);
    f->now_ms = 1000000;
    return f;
}

static void fixture_free(struct fixture *f)
{
    writer_close(&f->writer);
    store_release(&f->store);
    fake_db_release(&f->db);
    report_release(&f->report);
    free(f);
}

static int step(struct fixture *f)
{
    struct tlc_err err;
    return store_step(&f->store, f->now_ms, &err);
}

static void step_after(struct fixture *f, int64_t ms)
{
    f->now_ms += ms;
    assert_int_equal(step(f), TLC_OK);
}

/* Turns until the database has so much of a partition. */
static void run_until(struct fixture *f, int32_t partition, int64_t next)
{
    int64_t until_ms = tlc_now_ms() + DEADLINE_MS;
    for (;;) {
        pthread_mutex_lock(&f->db.lock);
        int64_t now = f->db.next[partition];
        pthread_mutex_unlock(&f->db.lock);
        if (now == next) {
            break;
        }
        assert_true(tlc_now_ms() < until_ms);
        step_after(f, 100);
        writer_wait(f->writer, 10);
    }
    step_after(f, 1); /* takes the batch back */
}

static void fill(struct fixture *f, int32_t partition, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        fake_log_event(&f->log, partition, 1 + partition * FAKE_LENGTH + i / 2, i % 2 != 0);
    }
}

static void step__batch_full__written_and_position_moved(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(100);
    fill(f, 0, 150);
    f->source.wanted[0] = true;
    f->source.poll_max = 100;
    step_after(f, 0);
    step_after(f, 0); /* no time has passed: only because it is full */
    assert_true(writer_wait(f->writer, DEADLINE_MS));
    step_after(f, 0);
    assert_int_equal(f->db.next[0], 100);
    assert_int_equal(f->source.committed[0], 100);
    assert_int_equal(fake_db_faults(&f->db, 0, 0, 100), 0);
    fixture_free(f);
}

static void step__small_batch__written_once_it_is_old(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(1000);
    fill(f, 0, 3);
    f->source.wanted[0] = true;
    step_after(f, 0);
    step_after(f, 199);
    assert_false(writer_busy(f->writer));
    step_after(f, 1);
    assert_true(writer_busy(f->writer));
    run_until(f, 0, 3);
    assert_int_equal(fake_db_faults(&f->db, 0, 0, 3), 0);
    fixture_free(f);
}

static void step__garbage_and_marks__counted_and_passed(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(1000);
    fill(f, 0, 2);
    fake_log_text(&f->log, 0, "not json");
    fake_log_text(&f->log, 0, "");
    fake_log_text(&f->log, 0, "{\"Source\":2202401,\"Status\":\"closed\"}");
    f->source.wanted[0] = true;
    run_until(f, 0, 5);
    assert_int_equal(f->db.ledger.read, 5);
    assert_int_equal(f->db.ledger.stored, 2);
    assert_int_equal(f->db.ledger.refused, 2);
    assert_int_equal(f->db.ledger.marks, 1);
    fixture_free(f);
}

/* As marks of transactions lie in a log: between messages, at its end, alone in it. */
static void step__gaps__counted_and_passed_to_the_end(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(1000);
    f->db.log = &f->log;
    fake_log_gap(&f->log, 0);
    fill(f, 0, 2);
    fake_log_gap(&f->log, 0);
    fake_log_gap(&f->log, 0);
    fill(f, 0, 2);
    fake_log_gap(&f->log, 0);
    fake_log_gap(&f->log, 1);
    f->source.wanted[0] = f->source.wanted[1] = true;
    run_until(f, 0, 8);
    run_until(f, 1, 1);
    assert_int_equal(f->db.ledger.read, 4);
    assert_int_equal(f->db.ledger.gaps, 5);
    assert_int_equal(f->source.committed[0], 8);
    assert_int_equal(f->db.witness[0].offset, 6); /* the last message, not the last offset */
    assert_int_equal(f->db.witness[1].offset, -1);
    assert_int_equal(fake_db_faults(&f->db, 0, 0, 8), 0);
    fixture_free(f);
}

static void assigned__what_was_read_before__given_as_witness(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(1000);
    fill(f, 0, 4);
    f->source.wanted[0] = true;
    run_until(f, 0, 4);
    assert_int_equal(f->source.start[0].witness.offset, -1); /* never read */
    f->source.wanted[0] = false;
    step_after(f, 1);
    f->source.wanted[0] = true;
    step_after(f, 1);
    assert_int_equal(f->source.start[0].offset, 4);
    assert_int_equal(f->source.start[0].witness.offset, 3);
    fixture_free(f);
}

static void assigned__kafkas_copy_is_another__not_followed_but_put_right(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(1000);
    fill(f, 0, 4);
    f->source.wanted[0] = true;
    run_until(f, 0, 4);
    f->source.wanted[0] = false;
    step_after(f, 1);
    f->source.committed[0] = 0; /* kafka-consumer-groups --reset-offsets --to-earliest */
    f->source.wanted[0] = true;
    step_after(f, 1);
    assert_int_equal(f->source.start[0].offset, 4);
    assert_int_equal(f->source.committed[0], 4);
    fixture_free(f);
}

static void step__database_away__rests_and_then_goes_on(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(100);
    fill(f, 0, 1000);
    f->source.wanted[0] = true;
    f->source.poll_max = 100;
    fake_db_set(&f->db, FAKE_AWAY);
    int64_t until_ms = tlc_now_ms() + DEADLINE_MS;
    while (!f->source.paused[0]) {
        assert_true(tlc_now_ms() < until_ms);
        step_after(f, 1);
    }
    int64_t read = f->source.at[0];
    for (int i = 0; i < 20; i++) {
        step_after(f, 100);
    }
    assert_int_equal(f->source.at[0], read); /* two batches and no more */
    assert_int_equal(read, 200);
    assert_int_equal(f->db.next[0], 0);
    fake_db_set(&f->db, FAKE_DONE);
    run_until(f, 0, 1000);
    assert_false(f->source.paused[0]);
    assert_int_equal(fake_db_faults(&f->db, 0, 0, 1000), 0);
    fixture_free(f);
}

static void step__partition_comes_while_resting__all_go_on(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(100);
    fill(f, 0, 1000);
    fill(f, 1, 50);
    f->source.wanted[0] = true;
    f->source.poll_max = 100;
    fake_db_set(&f->db, FAKE_AWAY);
    int64_t until_ms = tlc_now_ms() + DEADLINE_MS;
    while (!f->source.paused[0]) {
        assert_true(tlc_now_ms() < until_ms);
        step_after(f, 1);
    }
    f->source.wanted[1] = true;
    step_after(f, 1);
    fake_db_set(&f->db, FAKE_DONE);
    run_until(f, 1, 50);
    run_until(f, 0, 1000);
    assert_int_equal(fake_db_faults(&f->db, 0, 0, 1000), 0);
    assert_int_equal(fake_db_faults(&f->db, 1, 0, 50), 0);
    fixture_free(f);
}

static void step__answer_to_commit_lost__not_written_twice(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(100);
    fill(f, 0, 500);
    f->source.wanted[0] = true;
    f->db.trouble = 60;
    f->db.rng = 5;
    run_until(f, 0, 500);
    assert_int_equal(fake_db_faults(&f->db, 0, 0, 500), 0);
    fixture_free(f);
}

static void step__message_seen_before__passed_over(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(1000);
    fill(f, 0, 60);
    f->source.wanted[0] = true;
    f->source.poll_max = 30;
    step_after(f, 0);
    f->source.at[0] = 10; /* delivered a second time */
    run_until(f, 0, 60);
    assert_int_equal(fake_db_faults(&f->db, 0, 0, 60), 0);
    assert_int_equal(f->db.ledger.read, 60);
    fixture_free(f);
}

static void step__someone_else_moved_on__position_read_again(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(100);
    fill(f, 0, 400);
    f->source.wanted[0] = true;
    f->source.poll_max = 100;
    step_after(f, 0);
    pthread_mutex_lock(&f->db.lock);
    f->db.next[0] = 250; /* and wrote 0 to 249 */
    pthread_mutex_unlock(&f->db.lock);
    run_until(f, 0, 400);
    assert_int_equal(f->db.fenced, 1);
    assert_int_equal(f->source.seeks, 1);
    for (int64_t i = 0; i < 250; i++) {
        assert_int_equal(f->db.written[0][i], 0);
    }
    assert_int_equal(fake_db_faults(&f->db, 0, 250, 400), 0);
    fixture_free(f);
}

static void step__one_part_fenced__the_others_written(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(1000);
    fill(f, 0, 100);
    fill(f, 1, 100);
    f->source.wanted[0] = f->source.wanted[1] = true;
    step_after(f, 0);
    pthread_mutex_lock(&f->db.lock);
    f->db.next[0] = 40;
    pthread_mutex_unlock(&f->db.lock);
    run_until(f, 0, 100);
    assert_int_equal(fake_db_faults(&f->db, 0, 40, 100), 0);
    assert_int_equal(fake_db_faults(&f->db, 1, 0, 100), 0);
    assert_int_equal(f->db.written[0][0], 0);
    fixture_free(f);
}

static void assigned__first_time__begins_where_the_log_begins(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(1000);
    fill(f, 0, 50);
    f->log.low[0] = 20;
    f->source.wanted[0] = true;
    run_until(f, 0, 50);
    assert_int_equal(f->db.ledger.read, 30);
    fixture_free(f);
}

static void assigned__kafka_has_another_position__ours_counts(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(1000);
    fill(f, 0, 50);
    f->db.next[0] = 10;
    f->source.committed[0] = 40;
    f->source.wanted[0] = true;
    run_until(f, 0, 50);
    assert_int_equal(fake_db_faults(&f->db, 0, 10, 50), 0);
    fixture_free(f);
}

static void assigned__database_away__unread_until_it_is_back(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(1000);
    fill(f, 0, 50);
    f->db.positions_away = true;
    f->source.wanted[0] = true;
    assert_int_equal(step(f), TLC_RETRY);
    assert_int_equal(step(f), TLC_RETRY);
    pthread_mutex_lock(&f->db.lock);
    f->db.positions_away = false;
    pthread_mutex_unlock(&f->db.lock);
    run_until(f, 0, 50);
    assert_int_equal(fake_db_faults(&f->db, 0, 0, 50), 0);
    fixture_free(f);
}

static void revoked__what_was_read__is_not_written(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(1000);
    fill(f, 0, 30);
    fill(f, 1, 30);
    f->source.wanted[0] = f->source.wanted[1] = true;
    step_after(f, 0);
    f->source.wanted[0] = false;
    run_until(f, 1, 30);
    assert_int_equal(f->db.next[0], 0);
    assert_int_equal(f->db.written[0][0], 0);
    f->source.wanted[0] = true; /* and comes back */
    run_until(f, 0, 30);
    assert_int_equal(fake_db_faults(&f->db, 0, 0, 30), 0);
    fixture_free(f);
}

static void revoked__batch_is_being_written__still_counts_once(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(10);
    fill(f, 0, 100);
    f->source.wanted[0] = true;
    f->source.poll_max = 10;
    fake_db_set(&f->db, FAKE_AWAY);
    int64_t until_ms = tlc_now_ms() + DEADLINE_MS;
    while (fake_db_tries(&f->db) == 0) {
        assert_true(tlc_now_ms() < until_ms);
        step_after(f, 1);
    }
    f->source.lost = true;
    f->source.wanted[0] = false;
    step_after(f, 1);
    f->source.wanted[0] = true; /* the position is read while the old batch is under way */
    step_after(f, 1);
    fake_db_set(&f->db, FAKE_DONE);
    run_until(f, 0, 100);
    assert_int_equal(fake_db_faults(&f->db, 0, 0, 100), 0);
    fixture_free(f);
}

static void step__sink_gives_up__says_so(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(10);
    fill(f, 0, 20);
    f->source.wanted[0] = true;
    fake_db_set(&f->db, FAKE_NO_SUCH_ROW);
    int64_t until_ms = tlc_now_ms() + DEADLINE_MS;
    int rc = TLC_OK;
    while (rc != TLC_FATAL) {
        assert_true(tlc_now_ms() < until_ms);
        f->now_ms += 10;
        rc = step(f);
    }
    fixture_free(f);
}

static void drain__writes_what_was_read_and_no_more(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(1000);
    struct tlc_err err;
    fill(f, 0, 50);
    f->source.wanted[0] = true;
    f->source.poll_max = 30;
    step_after(f, 0);
    assert_int_equal(store_drain(&f->store, DEADLINE_MS, &err), TLC_OK);
    assert_int_equal(f->db.next[0], 30);
    assert_int_equal(fake_db_faults(&f->db, 0, 0, 30), 0);
    fixture_free(f);
}

static void drain__database_away__ends_at_its_deadline(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(1000);
    struct tlc_err err;
    fill(f, 0, 50);
    f->source.wanted[0] = true;
    step_after(f, 0);
    fake_db_set(&f->db, FAKE_AWAY);
    assert_int_equal(store_drain(&f->store, 50, &err), TLC_RETRY);
    assert_int_equal(f->db.next[0], 0);
    fixture_free(f);
}

static void publish__lag__is_end_minus_what_is_durable(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(1000);
    fill(f, 2, 40);
    f->source.wanted[2] = true;
    step_after(f, 1000);
    step_after(f, 1); /* read, but not old enough to be written */
    f->store.publish_at_ms = 0;
    step_after(f, 1);
    assert_int_equal(f->report.partitions_n, 1);
    assert_int_equal(f->report.partitions[0].partition, 2);
    assert_int_equal(f->report.partitions[0].position, 0);
    assert_int_equal(f->report.partitions[0].end, 40);
    assert_int_equal(tlc_counter_get(&f->report.counters, STORE_LAG), 40);
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(step__batch_full__written_and_position_moved),
        cmocka_unit_test(step__small_batch__written_once_it_is_old),
        cmocka_unit_test(step__garbage_and_marks__counted_and_passed),
        cmocka_unit_test(step__gaps__counted_and_passed_to_the_end),
        cmocka_unit_test(assigned__what_was_read_before__given_as_witness),
        cmocka_unit_test(assigned__kafkas_copy_is_another__not_followed_but_put_right),
        cmocka_unit_test(step__database_away__rests_and_then_goes_on),
        cmocka_unit_test(step__partition_comes_while_resting__all_go_on),
        cmocka_unit_test(step__answer_to_commit_lost__not_written_twice),
        cmocka_unit_test(step__message_seen_before__passed_over),
        cmocka_unit_test(step__someone_else_moved_on__position_read_again),
        cmocka_unit_test(step__one_part_fenced__the_others_written),
        cmocka_unit_test(assigned__first_time__begins_where_the_log_begins),
        cmocka_unit_test(assigned__kafka_has_another_position__ours_counts),
        cmocka_unit_test(assigned__database_away__unread_until_it_is_back),
        cmocka_unit_test(revoked__what_was_read__is_not_written),
        cmocka_unit_test(revoked__batch_is_being_written__still_counts_once),
        cmocka_unit_test(step__sink_gives_up__says_so),
        cmocka_unit_test(drain__writes_what_was_read_and_no_more),
        cmocka_unit_test(drain__database_away__ends_at_its_deadline),
        cmocka_unit_test(publish__lag__is_end_minus_what_is_durable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
