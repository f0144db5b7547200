#include "common/io/kafka_conf.h"

#include <stdio.h>
#include <string.h>

#define INSTANCE_ID_MAX 248 /* bytes; brokers take 249 */

struct row {
    const char *name, *value;
};

static int put(rd_kafka_conf_t *conf, const char *name, const char *value, struct tlc_err *err)
{
    char words[512];
    if (rd_kafka_conf_set(conf, name, value, words, sizeof(words)) != RD_KAFKA_CONF_OK) {
        return tlc_err_fatal(err, TLC_EXIT_USAGE, "-X %s=%s: %s", name, value, words);
    }
    return TLC_OK;
}

/* For what only newer versions of librdkafka have and older ones do without. */
static void put_if_known(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char words[512];
    (void)rd_kafka_conf_set(conf, name, value, words, sizeof(words));
}

/* Who asks for librdkafka's debug lines wants to see them. */
static int put_property(rd_kafka_conf_t *conf, const char *property, struct tlc_err *err)
{
    const char *eq = strchr(property, '=');
    char name[128];
    if (!eq ||
        !tlc_str_copy(name, sizeof(name), (struct tlc_str){property, (size_t)(eq - property)})) {
        return tlc_err_fatal(err, TLC_EXIT_USAGE,
                             "-X %s: expected name=value, e.g. -X security.protocol=ssl", property);
    }
    if (strcmp(name, "debug") == 0) {
        rd_kafka_conf_set_log_cb(conf, rd_kafka_log_print);
    }
    return put(conf, name, eq + 1, err);
}

/* Ours, then those of -X, which have the last word. */
static int put_all(rd_kafka_conf_t *conf, const struct row *rows, size_t rows_n,
                   const struct tlc_opt_list *properties, struct tlc_err *err)
{
    int rc = TLC_OK;
    for (size_t i = 0; rc == TLC_OK && i < rows_n; i++) {
        rc = put(conf, rows[i].name, rows[i].value, err);
    }
    for (size_t i = 0; rc == TLC_OK && properties && i < properties->n; i++) {
        rc = put_property(conf, properties->v[i], err);
    }
    return rc;
}

int kafka_conf_producer(rd_kafka_conf_t *conf, const struct tlc_kafka_producer_options *o,
                        struct tlc_err *err)
{
    char linger[32], timeout[32];
    snprintf(linger, sizeof linger, "%lld", (long long)o->linger_ms);
    snprintf(timeout, sizeof timeout, "%lld", (long long)o->ack_timeout_ms);
    const struct row rows[] = {
        {"bootstrap.servers", o->brokers},
        {"client.id", o->client_id},
        {"enable.idempotence", "true"},
        {"acks", "all"},
        {"compression.codec", "lz4"},
        {"partitioner", "murmur2"},
        {"linger.ms", linger},
        /* Records that come while three requests are under way wait for each other: batches grow
           with the load by themselves, without a linger. With five under way to one partition
           librdkafka 2.0 polls without rest. */
        {"max.in.flight.requests.per.connection", "3"},
        {"message.timeout.ms", timeout},
        {"batch.num.messages", "20000"},
        {"batch.size", "1000000"},
        /* The caller's budget is in bytes; this bounds what librdkafka adds, some 200 bytes a
           message. */
        {"queue.buffering.max.messages", "400000"},
        {"queue.buffering.max.kbytes", "1048576"},
        {"reconnect.backoff.ms", "50"},
        {"reconnect.backoff.max.ms", "1000"},
        {"retry.backoff.ms", "50"},
        {"socket.keepalive.enable", "true"},
        {"socket.nagle.disable", "true"},
        {"topic.metadata.refresh.interval.ms", "10000"},
    };
    return put_all(conf, rows, TLC_COUNT(rows), o->properties, err);
}

/* With group.protocol=consumer (KIP-848) the broker sets sessions and decides who reads what;
 * librdkafka refuses to be told. */
static bool broker_assigns(const struct tlc_opt_list *properties)
{
    static const char name[] = "group.protocol=";
    bool yes = false;
    for (size_t i = 0; properties && i < properties->n; i++) {
        if (strncmp(properties->v[i], name, sizeof(name) - 1) == 0) {
            yes = strcmp(properties->v[i] + sizeof(name) - 1, "consumer") == 0;
        }
    }
    return yes;
}

/* Sessions are short so that another instance takes over soon. A fetch of 512 KiB a partition is
 * some 60,000 events, of which each takes three times its bytes in librdkafka; larger ones only
 * cost memory. Metadata every 50 ms: a broker thread of librdkafka 2.0 that paused because the
 * queue was full sleeps up to a second although the queue is long empty again; the answer wakes it.
 * Since 2.2 it pauses the partition instead, which no answer ends, for fetch.queue.backoff.ms. A
 * topic that is made after us is found soon, too. The broker answers a fetch when it has some
 * thousand events or 50 ms have passed: without that floor a busy topic is read in crumbs, which
 * costs the broker more than all the rest. The instance has the topic in its name: within its
 * session a group gives an instance of the same name back the partitions it had, also those of
 * another topic. */
int kafka_conf_consumer(rd_kafka_conf_t *conf, const struct tlc_kafka_consumer_options *o,
                        struct tlc_err *err)
{
    char kbytes[32], instance[INSTANCE_ID_MAX + 1];
    int64_t kb = o->queue_bytes / 1024;
    snprintf(kbytes, sizeof(kbytes), "%lld", (long long)(kb < 1024 ? 1024 : kb));
    snprintf(instance, sizeof(instance), "%.*s.%.*s", INSTANCE_ID_MAX / 2,
             o->instance ? o->instance : "", INSTANCE_ID_MAX / 2 - 1, o->topic);
    const struct row rows[] = {
        {"bootstrap.servers", o->brokers},
        {"group.id", o->group},
        {"client.id", o->client_id},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "error"},
        {"enable.partition.eof", "true"},
        {"check.crcs", "false"},
        {"fetch.wait.max.ms", "50"},
        {"fetch.min.bytes", "200000"},
        {"fetch.message.max.bytes", "524288"},
        {"queued.min.messages", "1000000"},
        {"queued.max.messages.kbytes", kbytes},
        {"reconnect.backoff.ms", "50"},
        {"reconnect.backoff.max.ms", "1000"},
        {"topic.metadata.refresh.interval.ms", "50"},
        {"socket.keepalive.enable", "true"},
        {"log.connection.close", "false"},
        {"group.instance.id", instance}, /* the last: not every instance has a name */
    };
    const struct row classic[] = {
        {"partition.assignment.strategy", "cooperative-sticky"},
        {"session.timeout.ms", "6000"},
        {"heartbeat.interval.ms", "1500"},
    };
    size_t rows_n = TLC_COUNT(rows) - (o->instance ? 0 : 1);
    put_if_known(conf, "fetch.queue.backoff.ms", "10");
    size_t classic_n = broker_assigns(o->properties) ? 0 : TLC_COUNT(classic);
    int rc = put_all(conf, classic, classic_n, NULL, err);
    return rc == TLC_OK ? put_all(conf, rows, rows_n, o->properties, err) : rc;
}
