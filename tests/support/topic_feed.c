/* Fills a topic with trips made up from their row numbers, straight through librdkafka, so that
 * tests can put into the log what producer-server would refuse.
 *
 * Usage: topic_feed BROKERS TOPIC PARTITIONS SOURCE FIRST_ROW TRIPS POISON_EVERY DOUBLE_EVERY
 *
 * SOURCE is one, or several with commas between: the same trips of each. Each trip is two canonical
 * events. After every POISON_EVERY-th event comes a message that is no event, after every
 * DOUBLE_EVERY-th its copy (0: none). At the end one close mark a partition. Makes the topic when
 * it is missing. Prints one line of JSON with what it sent. */
#include <assert.h>
#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/event/codec_json.h"
#include "common/event/tripid.h"

#define SPREAD_S (27 * INT64_C(86400)) /* starts lie within so much of the month */

struct feed {
    rd_kafka_t *rk;
    rd_kafka_topic_t *handle;
    const char *topic;
    int32_t partitions;
    int64_t messages, events, poison, doubles, marks, lost;
};

static char huge[900000]; /* near what a broker takes by default */

static const struct poison {
    const char *value;
    size_t n;
} poisons[] = {
    {NULL, 0},
    {"", 0},
    {"not json", 8},
    {"{}", 2},
    {"[1,2,3]", 7},
    {"\0\1\2\377\376", 5},
    {huge, sizeof(huge)},
#define TEXT(s)                                                                                    \
    {                                                                                              \
        s, sizeof(s) - 1                                                                           \
    }
    TEXT("{\"TripID\":2202401000000001,\"VendorID\":2,\"Datetime\":\"2024-01-01T00:12:34-05:00\","
         "\"Status\":\"start\",\"ZoneID\":999}"),
    TEXT("{\"TripID\":2202401000000001,\"VendorID\":2,\"Datetime\":\"2088-01-01T00:12:34-05:00\","
         "\"Status\":\"start\",\"ZoneID\":74}"),
    TEXT("{\"TripID\":2202401000000001,\"VendorID\":2,\"Datetime\":\"2024-03-01T00:12:34-05:00\","
         "\"Status\":\"start\",\"ZoneID\":74}"),
    TEXT("{\"TripID\":7202401000000001,\"VendorID\":2,\"Datetime\":\"2024-01-01T00:12:34-05:00\","
         "\"Status\":\"start\",\"ZoneID\":74}"),
    TEXT("{\"TripID\":\"x\",\"VendorID\":2,\"Datetime\":\"2024-01-01T00:12:34-05:00\","
         "\"Status\":\"start\",\"ZoneID\":74}"),
    TEXT("{\"TripID\":2202401000000001,\"VendorID\":2,\"Datetime\":\"2024-01-01T00:12:34-05:00\","
         "\"Status\":\"middle\",\"ZoneID\":74}"),
    TEXT("{\"Source\":7,\"Status\":\"closed\"}"),
};
#define POISONS_N (sizeof(poisons) / sizeof(poisons[0]))

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
    (void)rk;
    struct feed *f = opaque;
    f->lost += m->err != RD_KAFKA_RESP_ERR_NO_ERROR;
}

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "topic_feed: %s: %s\n", what, why);
    exit(1);
}

static rd_kafka_t *producer_new(const char *brokers, struct feed *f)
{
    static const char *const fixed[][2] = {
        {"enable.idempotence", "true"},
        {"compression.type", "lz4"},
        {"linger.ms", "20"},
        {"batch.num.messages", "20000"},
        {"queue.buffering.max.messages", "500000"},
        {"partitioner", "murmur2_random"},
    };
    char words[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        if (rd_kafka_conf_set(conf, fixed[i][0], fixed[i][1], words, sizeof(words)) !=
            RD_KAFKA_CONF_OK) {
            fail(fixed[i][0], words);
        }
    }
    if (rd_kafka_conf_set(conf, "bootstrap.servers", brokers, words, sizeof(words)) !=
        RD_KAFKA_CONF_OK) {
        fail("brokers", words);
    }
    rd_kafka_conf_set_opaque(conf, f);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, words, sizeof(words));
    if (!rk) {
        fail("producer", words);
    }
    return rk;
}

static void topic_make(struct feed *f)
{
    char words[512];
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(f->topic, f->partitions, 1, words, 512);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(f->rk);
    rd_kafka_CreateTopics(f->rk, &topic, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 30000);
    if (!event || rd_kafka_event_error(event)) {
        fail("make the topic", event ? rd_kafka_event_error_string(event) : "no answer");
    }
    size_t n;
    const rd_kafka_topic_result_t **results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &n);
    rd_kafka_resp_err_t code = rd_kafka_topic_result_error(results[0]);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
        fail("make the topic", rd_kafka_err2str(code));
    }
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy(topic);
}

static void put(struct feed *f, int32_t partition, struct tlc_str key, struct tlc_str value)
{
    while (rd_kafka_produce(f->handle, partition, RD_KAFKA_MSG_F_COPY, (void *)(uintptr_t)value.p,
                            value.n, key.p, key.n, NULL) != 0) {
        if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            fail("produce", rd_kafka_err2str(rd_kafka_last_error()));
        }
        rd_kafka_poll(f->rk, 100);
    }
    f->messages++;
    rd_kafka_poll(f->rk, 0);
}

static struct tlc_event event_of(int32_t source, int64_t row, bool end)
{
    int64_t from_s, to_s;
    tlc_source_span(source, 0, &from_s, &to_s);
    uint64_t h = (uint64_t)row * UINT64_C(0x9E3779B97F4A7C15);
    struct tlc_event e = {
        .trip_id = tlc_tripid_make(source, row),
        .at_s = from_s + row * 7 % SPREAD_S + (end ? 240 + (int64_t)(h >> 53) : 0),
        .vendor_id = (uint16_t)(1 + (h >> 8) % 2),
        .zone_id = (uint16_t)(1 + (h >> (end ? 16 : 32)) % 265),
        .status = end ? TLC_END : TLC_START,
    };
    if (end) {
        e.has = TLC_HAS_DISTANCE | TLC_HAS_PAYMENT | TLC_HAS_FARE | TLC_HAS_TIP | TLC_HAS_TOTAL;
        e.distance_cmi = (int32_t)((h >> 24) % 3000);
        e.payment = (uint8_t)(1 + (h >> 40) % 4);
        e.fare_cents = 300 + (int32_t)((h >> 20) % 6000);
        e.tip_cents = (int32_t)((h >> 44) % 1000);
        e.total_cents = e.fare_cents + e.tip_cents;
    } else {
        e.has = TLC_HAS_PASSENGERS;
        e.passengers = (uint8_t)(1 + (h >> 48) % 5);
    }
    return e;
}

static void event_put(struct feed *f, const struct tlc_event *e)
{
    char key[24], value[TLC_JSON_MAX];
    struct tlc_str k = {key, (size_t)snprintf(key, sizeof(key), "%" PRId64, e->trip_id)};
    struct tlc_str v = {value, tlc_json_encode(e, value)};
    put(f, RD_KAFKA_PARTITION_UA, k, v);
}

static void trips_put(struct feed *f, int32_t source, const int64_t numbers[4])
{
    int64_t first = numbers[0], trips = numbers[1], poison_every = numbers[2];
    int64_t double_every = numbers[3];
    for (int64_t row = first; row < first + trips; row++) {
        for (int end = 0; end <= 1; end++) {
            struct tlc_event e = event_of(source, row, end != 0);
            event_put(f, &e);
            f->events++;
            if (double_every > 0 && f->events % double_every == 0) {
                event_put(f, &e);
                f->doubles++;
            }
            if (poison_every > 0 && f->events % poison_every == 0) {
                const struct poison *p = &poisons[(size_t)f->poison % POISONS_N];
                int32_t partition = (int32_t)(f->poison % f->partitions);
                put(f, partition, (struct tlc_str){NULL, 0}, (struct tlc_str){p->value, p->n});
                f->poison++;
            }
        }
    }
}

static void source_put(struct feed *f, int32_t source, const int64_t numbers[4])
{
    trips_put(f, source, numbers);
    for (int32_t i = 0; i < f->partitions; i++, f->marks++) {
        char value[TLC_JSON_MAX];
        put(f, i, (struct tlc_str){NULL, 0},
            (struct tlc_str){value, tlc_json_encode_mark(source, TLC_MARK_CLOSED, value)});
    }
}

int main(int argc, char **argv)
{
    if (argc != 9) {
        fail("usage", "topic_feed BROKERS TOPIC PARTITIONS SOURCE FIRST_ROW TRIPS POISON_EVERY "
                      "DOUBLE_EVERY");
    }
    memset(huge, 'x', sizeof(huge));
    struct feed f = {.topic = argv[2], .partitions = (int32_t)strtol(argv[3], NULL, 10)};
    int64_t numbers[4];
    for (int i = 0; i < 4; i++) {
        numbers[i] = strtoll(argv[5 + i], NULL, 10);
    }
    f.rk = producer_new(argv[1], &f);
    topic_make(&f);
    f.handle = rd_kafka_topic_new(f.rk, f.topic, NULL);
    for (char *at = argv[4]; at[0] != '\0'; at += at[0] == ',') {
        int32_t source = (int32_t)strtol(at, &at, 10);
        if (at[0] != ',' && at[0] != '\0') {
            fail("SOURCE", at);
        }
        source_put(&f, source, numbers);
    }
    rd_kafka_resp_err_t code = rd_kafka_flush(f.rk, 120000);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR || f.lost > 0) {
        fail("flush", rd_kafka_err2str(code));
    }
    rd_kafka_topic_destroy(f.handle);
    rd_kafka_destroy(f.rk);
    printf("{\"messages\":%" PRId64 ",\"events\":%" PRId64 ",\"poison\":%" PRId64
           ",\"duplicates\":%" PRId64 ",\"marks\":%" PRId64 "}\n",
           f.messages, f.events, f.poison, f.doubles, f.marks);
    return 0;
}
