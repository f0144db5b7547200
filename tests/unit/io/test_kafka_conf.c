#include <stdlib.h>

#include "common/io/kafka_conf.h"
#include "tests/support/unit.h"

#define BACKOFF "fetch.queue.backoff.ms"

/* What a consumer's property is when -X says so (NULL: nothing); "": librdkafka has no such. */
static const char *value_of(const char *name, const char *property)
{
    static char value[64];
    struct tlc_opt_list properties = {.n = property ? 1 : 0};
    properties.v[0] = property;
    struct tlc_kafka_consumer_options options = {.brokers = "127.0.0.1:1",
                                                 .topic = "t",
                                                 .group = "g",
                                                 .client_id = "c",
                                                 .properties = &properties,
                                                 .batch_max = 1,
                                                 .queue_bytes = 1 << 20};
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    struct tlc_err err;
    size_t size = sizeof(value);
    assert_int_equal(kafka_conf_consumer(conf, &options, &err), TLC_OK);
    if (rd_kafka_conf_get(conf, name, value, &size) != RD_KAFKA_CONF_OK) {
        value[0] = '\0';
    }
    rd_kafka_conf_destroy(conf);
    return value;
}

static void consumer__property_given__has_the_last_word(void **state)
{
    (void)state;
    assert_string_equal(value_of("session.timeout.ms", NULL), "6000");
    assert_string_equal(value_of("session.timeout.ms", "session.timeout.ms=9000"), "9000");
}

static void consumer__newer_library__does_not_rest_a_second_after_a_full_queue(void **state)
{
    (void)state;
    if (rd_kafka_version() < 0x02020000) {
        assert_string_equal(value_of(BACKOFF, NULL), "");
        return;
    }
    assert_string_equal(value_of(BACKOFF, NULL), "10");
    assert_string_equal(value_of(BACKOFF, BACKOFF "=700"), "700");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(consumer__property_given__has_the_last_word),
        cmocka_unit_test(consumer__newer_library__does_not_rest_a_second_after_a_full_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
