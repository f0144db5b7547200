/* consumer-store: events from Kafka into PostgreSQL, each once. */
#include <stdio.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/retry.h"
#include "common/base/stop.h"
#include "common/io/pg.h"
#include "common/io/status_http.h"
#include "consumer-store/options.h"
#include "consumer-store/pg_sink.h"
#include "consumer-store/schema.h"
#include "consumer-store/store.h"

#define TLC_OPT_STRUCT struct store_options
static const struct tlc_opt opts[] = {STORE_OPTIONS(TLC_OPT_ROW)};

static const struct tlc_program program = {
    .name = "consumer-store",
    .summary = "Stores the trip events of a Kafka topic in PostgreSQL, each of them once.",
    .arguments = "",
    .details =
        "The tables are made on the first start (--no-migrate leaves them alone). The position in "
        "the log is kept\nin the database, in the same transaction as the rows. Start it again "
        "after any crash and it goes on.\n",
    .opts = opts,
    .opts_n = TLC_COUNT(opts),
};

/* Everything that main opens, in the order in which it is opened. */
struct app {
    struct store_options options;
    struct report report;
    struct tlc_status status;
    struct tlc_http_route routes[TLC_STATUS_ROUTES_N];
    struct tlc_http_server *http;
    struct pg_sink *sinks[STORE_LANES_MAX];
    struct writer *writers[STORE_LANES_MAX];
    struct store store;
    struct tlc_kafka_consumer *consumer;
};

static int give_up(const struct tlc_err *err)
{
    tlc_log(TLC_ERROR, "fatal", "error=\"%s\"", err->text);
    return tlc_err_exit_code(err);
}

static int schema_prepare(struct tlc_pg *pg, const struct store_options *o, struct tlc_err *err)
{
    int ran = 0;
    int rc = o->migrate && !o->check ? schema_migrate(pg, &ran, err) : TLC_OK;
    if (rc == TLC_OK && ran > 0) {
        tlc_log(TLC_INFO, "schema_made", "files=%d version=%d", ran, schema_version());
    }
    return rc == TLC_OK ? schema_check(pg, err) : rc;
}

/* Waits for the database, makes the tables and looks at the rights. */
static int database_prepare(const struct store_options *o, struct tlc_err *err)
{
    int64_t until_ms = tlc_now_ms() + (o->check ? 0 : o->connect_ms);
    struct tlc_retry retry;
    tlc_retry_init(&retry, 100, 2000, (uint64_t)tlc_now_ns());
    for (;;) {
        struct tlc_pg *pg = NULL;
        int rc = tlc_pg_open(o->database, "consumer-store", 0, &pg, err);
        if (rc == TLC_OK) {
            tlc_pg_asks(pg, "SET LOCAL lock_timeout TO '10s'");
            rc = schema_prepare(pg, o, err);
        }
        tlc_pg_close(&pg);
        if (rc != TLC_RETRY) {
            return rc;
        }
        if (tlc_now_ms() >= until_ms) {
            return tlc_err_fatal(err, TLC_EXIT_UNAVAILABLE,
                                 "%s (is PostgreSQL up, and --database or DATABASE_URL right?)",
                                 err->text);
        }
        tlc_log(TLC_WARN, "database_away", "error=\"%s\"", err->text);
        if (tlc_stop_wait(tlc_retry_next(&retry))) {
            return tlc_err_set(err, TLC_STOP, "stopped while waiting for the database");
        }
    }
}

static int forget_positions(const struct store_options *o, struct tlc_err *err)
{
    struct tlc_pg *pg = NULL;
    int64_t n = 0;
    int rc = tlc_pg_open(o->database, "consumer-store", 0, &pg, err);
    rc = rc == TLC_OK ? schema_forget_positions(pg, o->topic, &n, err) : rc;
    tlc_pg_close(&pg);
    if (rc == TLC_OK) {
        printf("forgot where %lld partitions of topic %s were read; their rows stay\n",
               (long long)n, o->topic);
    }
    return rc;
}

static int http_start(struct app *a, struct tlc_err *err)
{
    report_status(&a->report, &a->status);
    tlc_status_routes(&a->status, a->routes);
    struct tlc_http_server_options options = {
        .listen = a->options.status_listen,
        .token_file = a->options.token_file,
        .insecure = a->options.insecure,
        .connections_max = 64,
        .idle_ms = 30000,
        .threads = 1,
    };
    return tlc_http_server_open(&options, a->routes, TLC_STATUS_ROUTES_N, &a->http, err);
}

static int writers_open(struct app *a, struct tlc_err *err)
{
    const struct store_options *o = &a->options;
    int rc = TLC_OK;
    for (int64_t i = 0; rc == TLC_OK && i < o->writers; i++) {
        rc = pg_sink_open(o->database, o->topic, &a->report.counters, &a->sinks[i], err);
        if (rc == TLC_OK) {
            struct store_sink sink = pg_sink_functions(a->sinks[i]);
            rc = writer_open(&sink, &a->report, &a->writers[i], err);
        }
    }
    return rc;
}

static int app_open(struct app *a, struct tlc_err *err)
{
    const struct store_options *o = &a->options;
    int rc = http_start(a, err);
    if (rc == TLC_OK) {
        rc = database_prepare(o, err);
    }
    if (rc == TLC_OK) {
        rc = writers_open(a, err);
    }
    if (rc != TLC_OK) {
        return rc;
    }
    struct store_settings settings = {o->batch_rows, o->flush_ms};
    struct store_sink sink = pg_sink_functions(a->sinks[0]);
    store_init(&a->store, &settings, &sink, a->writers, (size_t)o->writers, &a->report);
    struct tlc_kafka_consumer_hooks hooks = store_hooks(&a->store);
    char instance[TLC_KAFKA_INSTANCE_MAX];
    struct tlc_kafka_consumer_options kafka = {
        .brokers = o->brokers,
        .topic = o->topic,
        .group = o->group,
        .client_id = "consumer-store",
        .instance = tlc_kafka_instance_name(o->instance, o->status_listen, instance),
        .properties = &o->properties,
        .another_log_help = "Nothing is guessed: consumer-store --forget-positions keeps the rows, "
                            "and the next start reads the topic from its beginning (what is stored "
                            "already is found as duplicates); ./pipeline reset forgets everything "
                            "replayed",
        .batch_max = STORE_POLL_MESSAGES,
        .queue_bytes = o->queue_bytes,
    };
    rc = tlc_kafka_consumer_open(&kafka, &hooks, &a->consumer, err);
    if (rc == TLC_OK) {
        a->store.source = source_of_kafka(a->consumer);
    }
    return rc;
}

static int run(struct app *a, struct tlc_err *err)
{
    while (!tlc_stop_asked()) {
        int rc = store_step(&a->store, tlc_now_ms(), err);
        if (rc == TLC_FATAL) {
            return rc;
        }
        if (rc != TLC_OK) {
            tlc_log(TLC_WARN, "waiting", "error=\"%s\"", err->text);
            tlc_stop_wait(50);
        }
    }
    tlc_log(TLC_INFO, "draining", "");
    int rc = store_drain(&a->store, a->options.drain_ms, err);
    if (rc == TLC_RETRY) {
        tlc_log(TLC_WARN, "not_drained", "error=\"%s\"", err->text);
        rc = TLC_OK;
    }
    return rc;
}

static void app_close(struct app *a)
{
    tlc_kafka_consumer_close(&a->consumer);
    for (size_t i = 0; i < STORE_LANES_MAX; i++) {
        writer_close(&a->writers[i]);
    }
    store_release(&a->store);
    for (size_t i = 0; i < STORE_LANES_MAX; i++) {
        pg_sink_close(&a->sinks[i]);
    }
    tlc_http_server_close(&a->http);
    report_release(&a->report);
}

int main(int argc, char **argv)
{
    static struct app app;
    struct tlc_opt_list args;
    struct tlc_err err = {.cls = TLC_OK};
    int status = 0;
    tlc_stop_init();
    if (tlc_opts_main(&program, argc, argv, &app.options, &args, &status) == TLC_OPTS_EXIT) {
        return status;
    }
    if (app.options.check) {
        int rc = database_prepare(&app.options, &err);
        if (rc == TLC_OK) {
            printf("schema version %d and rights are as needed\n", schema_version());
        }
        return rc == TLC_OK ? TLC_EXIT_OK : give_up(&err);
    }
    if (app.options.forget_positions) {
        int rc = database_prepare(&app.options, &err);
        rc = rc == TLC_OK ? forget_positions(&app.options, &err) : rc;
        return rc == TLC_OK ? TLC_EXIT_OK : give_up(&err);
    }
    report_init(&app.report);
    int rc = app_open(&app, &err);
    if (rc == TLC_OK) {
        tlc_log(TLC_INFO, "started", "topic=%s group=%s port=%d", app.options.topic,
                app.options.group, tlc_http_server_port(app.http));
        rc = run(&app, &err);
    }
    status = rc == TLC_OK || rc == TLC_STOP ? TLC_EXIT_OK : give_up(&err);
    app_close(&app);
    tlc_counters_report(&app.report.counters, stdout);
    return status;
}
