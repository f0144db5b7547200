/* Writes the lines of standard input into every partition of a topic, in one transaction, and
 * commits or aborts it: what other producers leave in a log, and what no consumer of committed
 * records is given.
 *
 * Usage: topic_transaction BROKERS TOPIC PARTITIONS commit|abort */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEADLINE_MS 60000

static void check(rd_kafka_error_t *error, const char *what)
{
    if (error) {
        fprintf(stderr, "topic_transaction: %s: %s\n", what, rd_kafka_error_string(error));
        exit(1);
    }
}

static rd_kafka_t *producer_new(const char *brokers)
{
    const char *const settings[][2] = {{"bootstrap.servers", brokers},
                                       {"transactional.id", "topic_transaction"}};
    char words[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        (void)rd_kafka_conf_set(conf, settings[i][0], settings[i][1], words, sizeof(words));
    }
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, words, sizeof(words));
    if (!rk) {
        fprintf(stderr, "topic_transaction: %s\n", words);
        exit(1);
    }
    return rk;
}

static void put(rd_kafka_topic_t *topic, int32_t partitions, const char *line, size_t n)
{
    for (int32_t i = 0; i < partitions; i++) {
        if (rd_kafka_produce(topic, i, RD_KAFKA_MSG_F_COPY, (void *)(unsigned long)line, n, NULL, 0,
                             NULL) != 0) {
            fprintf(stderr, "topic_transaction: %s\n", rd_kafka_err2str(rd_kafka_last_error()));
            exit(1);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 5 || (strcmp(argv[4], "commit") != 0 && strcmp(argv[4], "abort") != 0)) {
        fprintf(stderr, "usage: topic_transaction BROKERS TOPIC PARTITIONS commit|abort\n");
        return 64;
    }
    rd_kafka_t *rk = producer_new(argv[1]);
    check(rd_kafka_init_transactions(rk, DEADLINE_MS), "init");
    check(rd_kafka_begin_transaction(rk), "begin");
    rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, argv[2], NULL);
    char *line = NULL;
    size_t size = 0;
    ssize_t n;
    while ((n = getline(&line, &size, stdin)) > 0) {
        put(topic, (int32_t)strtol(argv[3], NULL, 10), line,
            (size_t)n - (line[n - 1] == '\n' ? 1 : 0));
    }
    free(line);
    (void)rd_kafka_flush(rk, DEADLINE_MS); /* an abort would drop what is not there yet */
    check(strcmp(argv[4], "commit") == 0 ? rd_kafka_commit_transaction(rk, DEADLINE_MS)
                                         : rd_kafka_abort_transaction(rk, DEADLINE_MS),
          argv[4]);
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(rk);
    return 0;
}
