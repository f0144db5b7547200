/* The client killed, the server killed, the broker away: in the end every event is there, and those
 * of a trip are in order. */
#include "tests/support/unit.h"

#include <signal.h>

#include "common/base/clock.h"
#include "common/base/retry.h"
#include "common/base/str.h"
#include "tests/support/events_file.h"
#include "tests/support/server_under_test.h"

#define EVENTS 60000
#define MAX_BATCHES_UNDER_WAY 5 /* --connections 4, and one whose reply was not noted */
#define BATCH 200

struct place {
    struct sut sut;
    char input[UNIT_PATH_MAX], resume[UNIT_PATH_MAX + 16], url[64];
};

static struct place place;

static int set_up(void **state)
{
    (void)state;
    /* A record in flight when the mock broker goes may wait for all of the time-out, 30 s by
     * default. */
    static const char *const options[] = {"--ack-timeout=5s", NULL};
    sut_start(&place.sut, options);
    sut_wait_ready(&place.sut, true);
    unit_temp_file(place.input, "");
    events_file_write(place.input, EVENTS, 1);
    snprintf(place.resume, sizeof place.resume, "--resume=%s.state", place.input);
    snprintf(place.url, sizeof place.url, "--url=http://127.0.0.1:%d", place.sut.port);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(place.input);
    unlink(strchr(place.resume, '=') + 1);
    sut_free(&place.sut);
    return 0;
}

static void start_client(struct child *c, const char *speed)
{
    const char *argv[] = {PRODUCER_CLIENT, place.url,   place.resume, speed,
                          "--batch=200",   "--json",    "--no-close", "--progress=none",
                          "--give-up=60s", place.input, NULL};
    child_start(c, argv);
}

static void wait_acked(int64_t n)
{
    int64_t until = tlc_now_ms() + CHILD_DEADLINE_MS;
    while (sut_status(&place.sut, "records_acked") < n) {
        assert_true(tlc_now_ms() < until);
    }
}

static void client_killed__twenty_times__nothing_lost_little_resent(void **state)
{
    (void)state;
    struct child c;
    uint64_t rng = 20240101;
    printf("seed %llu\n", (unsigned long long)rng);
    for (int i = 0; i < 20; i++) {
        int64_t before = sut_status(&place.sut, "records_acked");
        start_client(&c, "--speed=20000");
        wait_acked(before + 1 + (int64_t)(tlc_random_next(&rng) % 2500));
        child_signal(&c, SIGKILL);
        assert_int_equal(child_wait(&c), 128 + SIGKILL);
        child_free(&c);
    }
    start_client(&c, "--speed=max");
    assert_int_equal(child_wait(&c), 0);
    child_free(&c);
    struct events_seen seen = events_file_seen(&place.sut.kafka, SUT_TOPIC, SUT_PARTITIONS, EVENTS);
    assert_int_equal(seen.distinct, EVENTS);
    assert_int_equal(seen.disorders, 0);
    assert_in_range(seen.copies, 0, 20 * MAX_BATCHES_UNDER_WAY * BATCH);
    sut_stop(&place.sut);
}

static void server_killed__ten_times__nothing_lost(void **state)
{
    (void)state;
    struct child c;
    start_client(&c, "--speed=20000");
    for (int i = 0; i < 10; i++) {
        wait_acked(1);
        child_signal(&place.sut.server, SIGKILL);
        assert_int_equal(child_wait(&place.sut.server), 128 + SIGKILL);
        child_free(&place.sut.server);
        sut_serve(&place.sut, place.sut.port, NULL);
        sut_wait_ready(&place.sut, true);
    }
    assert_int_equal(child_wait(&c), 0);
    assert_non_null(strstr(child_output(&c), "\"acked\":60000,\"refused\":0,\"left\":0"));
    child_free(&c);
    struct events_seen seen = events_file_seen(&place.sut.kafka, SUT_TOPIC, SUT_PARTITIONS, EVENTS);
    assert_int_equal(seen.distinct, EVENTS);
    assert_int_equal(seen.disorders, 0);
    sut_stop(&place.sut);
}

/* (The mock does not know a batch that comes twice by its sequence number, so copies say nothing
 * here; real_broker.sh counts them.) */
static void broker_away__and_back__nothing_lost_in_order(void **state)
{
    (void)state;
    struct child c;
    start_client(&c, "--speed=20000");
    for (int i = 0; i < 3; i++) {
        wait_acked((i + 1) * 10000);
        mock_kafka_down(&place.sut.kafka);
        sut_wait_ready(&place.sut, false);
        mock_kafka_up(&place.sut.kafka);
    }
    assert_int_equal(child_wait(&c), 0);
    child_free(&c);
    struct events_seen seen = events_file_seen(&place.sut.kafka, SUT_TOPIC, SUT_PARTITIONS, EVENTS);
    assert_int_equal(seen.distinct, EVENTS);
    assert_int_equal(seen.disorders, 0);
    sut_stop(&place.sut);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(client_killed__twenty_times__nothing_lost_little_resent,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(server_killed__ten_times__nothing_lost, set_up, tear_down),
        cmocka_unit_test_setup_teardown(broker_away__and_back__nothing_lost_in_order, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
