/* producer-server: HTTP in, Kafka out, and no reply before the broker's. */
#include <malloc.h>
#include <signal.h>

#include "common/base/log.h"
#include "common/base/stop.h"
#include "producer-server/server.h"

#define TLC_OPT_STRUCT struct server_options
static const struct tlc_opt opts[] = {SERVER_OPTIONS(TLC_OPT_ROW)};

static const struct tlc_program program = {
    .name = "producer-server",
    .summary =
        "takes trip events by HTTP and writes them to Kafka; replies when the broker has them",
    .arguments = "",
    .details = "Example:\n"
               "  producer-server --brokers 127.0.0.1:9092\n"
               "  curl --data-binary @events.ndjson -H 'Content-Type: application/x-ndjson' "
               "http://127.0.0.1:8080/trips\n",
    .opts = opts,
    .opts_n = TLC_COUNT(opts),
};

/* librdkafka takes and frees buffers of some 100 KiB for every request to a partition. By default
 * malloc maps fresh pages for each, and their first touch costs a quarter of the producer's thread.
 */
static void keep_large_blocks(void)
{
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 32 << 20);
}

static struct server server = {.lock = PTHREAD_MUTEX_INITIALIZER};
static struct server_options options;

int main(int argc, char **argv)
{
    struct tlc_opt_list args;
    int exit_code = TLC_EXIT_OK;
    if (tlc_opts_main(&program, argc, argv, &options, &args, &exit_code) == TLC_OPTS_EXIT) {
        return exit_code;
    }
    keep_large_blocks();
    tlc_stop_on_signal(SIGHUP, server_reload, &server);
    tlc_stop_init();

    struct tlc_err err = {0};
    if (server_open(&server, &options, &err) == 0) {
        server_run(&server);
    } else {
        tlc_log(TLC_ERROR, "cannot_start", "reason=\"%s\"", err.text);
        exit_code = tlc_err_exit_code(&err);
    }
    server_close(&server);
    if (exit_code == TLC_EXIT_OK) {
        server_report(&server);
    }
    return exit_code;
}
