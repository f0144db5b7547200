#include "common/io/kafka_consumer_conf.h"

#include <stdio.h>
#include <string.h>

#define INSTANCE_ID_MAX 248 /* bytes; brokers take 249 */

static int conf_put(rd_kafka_conf_t *conf, const char *name, const char *value, struct tlc_err *err)
{
    char words[512];
    if (rd_kafka_conf_set(conf, name, value, words, sizeof(words)) != RD_KAFKA_CONF_OK) {
        return tlc_err_fatal(err, TLC_EXIT_USAGE, "-X %s=%s: %s", name, value, words);
    }
    return TLC_OK;
}

static int conf_put_properties(rd_kafka_conf_t *conf, const struct tlc_opt_list *properties,
                               struct tlc_err *err)
{
    for (size_t i = 0; properties && i < properties->n; i++) {
        const char *eq = strchr(properties->v[i], '=');
        char name[128];
        if (!eq ||
            !tlc_str_copy(name, sizeof(name),
                          (struct tlc_str){properties->v[i], (size_t)(eq - properties->v[i])})) {
            return tlc_err_fatal(err, TLC_EXIT_USAGE,
                                 "-X %s: expected name=value, e.g. -X security.protocol=ssl",
                                 properties->v[i]);
        }
        if (conf_put(conf, name, eq + 1, err) != TLC_OK) {
            return err->cls;
        }
        if (strcmp(name, "debug") == 0) {
            rd_kafka_conf_set_log_cb(conf, rd_kafka_log_print);
        }
    }
    return TLC_OK;
}

/* With the topic in its name: within its session a group gives an instance of the same name back
 * the partitions it had, also those of another topic. */
static int conf_put_instance(rd_kafka_conf_t *conf, const struct tlc_kafka_consumer_options *o,
                             struct tlc_err *err)
{
    char name[INSTANCE_ID_MAX + 1];
    snprintf(name, sizeof(name), "%.*s.%.*s", INSTANCE_ID_MAX / 2, o->instance,
             INSTANCE_ID_MAX / 2 - 1, o->topic);
    return conf_put(conf, "group.instance.id", name, err);
}

/* Sessions are short so that another instance takes over soon. A fetch of 512 KiB a partition is
 * some 60,000 events, of which each takes three times its bytes in librdkafka; larger ones only
 * cost memory. Metadata every 50 ms: a broker thread of librdkafka 2.0 that paused because the
 * queue was full sleeps up to a second although the queue is long empty again; the answer wakes it.
 * A topic that is made after us is found soon, too. The broker answers a fetch when it has some
 * thousand events or 50 ms have passed: without that floor a busy topic is read in crumbs, which
 * costs the broker more than all the rest. */
static int conf_put_ours(rd_kafka_conf_t *conf, const struct tlc_kafka_consumer_options *o,
                         struct tlc_err *err)
{
    static const char *const fixed[][2] = {
        {"partition.assignment.strategy", "cooperative-sticky"},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "error"},
        {"enable.partition.eof", "false"},
        {"check.crcs", "false"},
        {"fetch.wait.max.ms", "50"},
        {"fetch.min.bytes", "200000"},
        {"fetch.message.max.bytes", "524288"},
        {"queued.min.messages", "1000000"},
        {"session.timeout.ms", "6000"},
        {"heartbeat.interval.ms", "1500"},
        {"reconnect.backoff.ms", "50"},
        {"reconnect.backoff.max.ms", "1000"},
        {"topic.metadata.refresh.interval.ms", "50"},
        {"socket.keepalive.enable", "true"},
        {"log.connection.close", "false"},
    };
    for (size_t i = 0; i < TLC_COUNT(fixed); i++) {
        if (conf_put(conf, fixed[i][0], fixed[i][1], err) != TLC_OK) {
            return err->cls;
        }
    }
    char kbytes[32];
    int64_t kb = o->queue_bytes / 1024;
    snprintf(kbytes, sizeof(kbytes), "%lld", (long long)(kb < 1024 ? 1024 : kb));
    if (conf_put(conf, "queued.max.messages.kbytes", kbytes, err) != TLC_OK ||
        conf_put(conf, "bootstrap.servers", o->brokers, err) != TLC_OK ||
        conf_put(conf, "group.id", o->group, err) != TLC_OK ||
        conf_put(conf, "client.id", o->client_id, err) != TLC_OK) {
        return err->cls;
    }
    return o->instance ? conf_put_instance(conf, o, err) : TLC_OK;
}

int kafka_consumer_conf(rd_kafka_conf_t *conf, const struct tlc_kafka_consumer_options *options,
                        struct tlc_err *err)
{
    int rc = conf_put_ours(conf, options, err);
    return rc == TLC_OK ? conf_put_properties(conf, options->properties, err) : rc;
}
