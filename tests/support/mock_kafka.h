/* librdkafka's mock cluster: real sockets, a broker's protocol, no Java.
 *
 * Whoever runs in another process can use it too: give it mock_kafka_brokers. A failure of the mock
 * itself ends the test. */
#ifndef TLC_TESTS_SUPPORT_MOCK_KAFKA_H
#define TLC_TESTS_SUPPORT_MOCK_KAFKA_H

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#define MOCK_PRODUCE 0 /* ApiKey of the Kafka protocol */

struct mock_kafka {
    rd_kafka_t *rk;
    rd_kafka_mock_cluster_t *cluster;
    int brokers_n;
};

struct mock_kafka mock_kafka_new(int brokers, const char *topic, int partitions);
void mock_kafka_free(struct mock_kafka *m);
const char *mock_kafka_brokers(const struct mock_kafka *m);
void mock_kafka_down(const struct mock_kafka *m);
void mock_kafka_up(const struct mock_kafka *m);
/* Calls on_message (may be NULL) for every message of the topic, partition by partition in the
 * order of the log; returns how many. */
size_t kafka_read(const char *brokers, const char *topic, int partitions,
                  void (*on_message)(void *ctx, const rd_kafka_message_t *message), void *ctx);
size_t mock_kafka_read(const struct mock_kafka *m, const char *topic, int partitions,
                       void (*on_message)(void *ctx, const rd_kafka_message_t *message), void *ctx);

#endif
