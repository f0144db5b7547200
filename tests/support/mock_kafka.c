#include "tests/support/mock_kafka.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

struct mock_kafka mock_kafka_new(int brokers, const char *topic, int partitions)
{
    char text[512];
    struct mock_kafka m = {.brokers_n = brokers};
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, NULL);
    m.rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    assert(m.rk);
    m.cluster = rd_kafka_mock_cluster_new(m.rk, brokers);
    assert(m.cluster);
    rd_kafka_resp_err_t rc = rd_kafka_mock_topic_create(m.cluster, topic, partitions, 1);
    assert(rc == 0);
    return m;
}

void mock_kafka_free(struct mock_kafka *m)
{
    rd_kafka_mock_cluster_destroy(m->cluster);
    rd_kafka_destroy(m->rk);
}

const char *mock_kafka_brokers(const struct mock_kafka *m)
{
    return rd_kafka_mock_cluster_bootstraps(m->cluster);
}

void mock_kafka_down(const struct mock_kafka *m)
{
    for (int i = 1; i <= m->brokers_n; i++) {
        rd_kafka_mock_broker_set_down(m->cluster, i);
    }
}

void mock_kafka_up(const struct mock_kafka *m)
{
    for (int i = 1; i <= m->brokers_n; i++) {
        rd_kafka_mock_broker_set_up(m->cluster, i);
    }
}

static rd_kafka_t *consumer_new(const char *brokers)
{
    char text[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, NULL);
    const char *const rows[][2] = {{"bootstrap.servers", brokers},
                                   {"group.id", "test"},
                                   {"enable.auto.commit", "false"},
                                   {"enable.partition.eof", "true"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        rd_kafka_conf_res_t rc = rd_kafka_conf_set(conf, rows[i][0], rows[i][1], text, sizeof text);
        assert(rc == RD_KAFKA_CONF_OK);
    }
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
    assert(rk);
    return rk;
}

size_t kafka_read(const char *brokers, const char *topic, int partitions,
                  void (*on_message)(void *ctx, const rd_kafka_message_t *message), void *ctx)
{
    rd_kafka_t *rk = consumer_new(brokers);
    size_t n = 0;
    for (int i = 0; i < partitions; i++) {
        rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
        rd_kafka_topic_partition_list_add(list, topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
        rd_kafka_assign(rk, list);
        rd_kafka_topic_partition_list_destroy(list);
        for (int waits = 0;;) {
            rd_kafka_message_t *message = rd_kafka_consumer_poll(rk, 1000);
            bool eof = message && message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
            if (message && !message->err) {
                n++;
                if (on_message) {
                    on_message(ctx, message);
                }
            }
            if (message) {
                rd_kafka_message_destroy(message);
            }
            if (eof) {
                break;
            }
            waits += message == NULL;
            assert(waits < 30);
        }
    }
    rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
    return n;
}

size_t mock_kafka_read(const struct mock_kafka *m, const char *topic, int partitions,
                       void (*on_message)(void *ctx, const rd_kafka_message_t *message), void *ctx)
{
    return kafka_read(mock_kafka_brokers(m), topic, partitions, on_message, ctx);
}
