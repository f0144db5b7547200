#include "tests/support/server_under_test.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"

#define OPTIONS_MAX 32

void sut_open(struct sut *s)
{
    memset(s, 0, sizeof *s);
    s->kafka = mock_kafka_new(1, SUT_TOPIC, SUT_PARTITIONS);
}

void sut_serve(struct sut *s, int port, const char *const *options)
{
    char listen[64];
    snprintf(listen, sizeof listen, "127.0.0.1:%d", port);
    const char *argv[OPTIONS_MAX] = {PRODUCER_SERVER, "--brokers", mock_kafka_brokers(&s->kafka),
                                     "--topic",       SUT_TOPIC,   "--listen",
                                     listen,          NULL};
    size_t n = 7;
    for (size_t i = 0; options && options[i]; i++) {
        assert(n < OPTIONS_MAX - 1);
        argv[n++] = options[i];
    }
    child_start(&s->server, argv);
    const char *at = child_expect(&s->server, " scheme=");
    while (strncmp(at, "port=", 5) != 0) {
        at--;
    }
    s->port = (int)strtol(at + 5, NULL, 10);
}

void sut_start(struct sut *s, const char *const *options)
{
    sut_open(s);
    sut_serve(s, 0, options);
}

void sut_wait_ready(struct sut *s, bool ready)
{
    int64_t until = tlc_now_ms() + CHILD_DEADLINE_MS;
    while (raw_ask(s->port, "GET /readyz HTTP/1.1", NULL).status != (ready ? 200 : 503)) {
        assert(tlc_now_ms() < until);
        tlc_sleep_ms(5);
    }
}

static int64_t number_behind(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    return at ? strtoll(at + strlen(name), NULL, 10) : 0;
}

void sut_stop(struct sut *s)
{
    child_signal(&s->server, SIGTERM);
    int code = child_wait(&s->server);
    const char *text = child_output(&s->server);
    if (code != 0 || strstr(text, "Sanitizer")) {
        fprintf(stderr, "exit code %d:\n%s\n", code, text);
        abort();
    }
    assert(number_behind(text, "\nrecords_received ") ==
           number_behind(text, "\nrecords_acked ") + number_behind(text, "\nrecords_refused ") +
               number_behind(text, "\nrecords_failed "));
}

void sut_free(struct sut *s)
{
    child_free(&s->server);
    mock_kafka_free(&s->kafka);
}

int64_t sut_status(const struct sut *s, const char *name)
{
    struct raw_reply r = raw_ask(s->port, "GET /status HTTP/1.1", NULL);
    char key[128];
    snprintf(key, sizeof key, "\"%s\":", name);
    const char *at = strstr(r.body, key);
    return at ? strtoll(at + strlen(key), NULL, 10) : INT64_MIN;
}
