/* consumer-process: reads trips from Kafka, pairs starts with ends in windows of event time, posts
 * the windows to the dashboard. */
#include <stdio.h>

#include "common/base/log.h"
#include "common/base/stop.h"
#include "consumer-process/process.h"

#define TLC_OPT_STRUCT struct process_options
static const struct tlc_opt opts[] = {PROCESS_OPTIONS(TLC_OPT_ROW)};

static const struct tlc_program program = {
    .name = "consumer-process",
    .summary =
        "Turn the trip events in Kafka into event-time windows and post them to the dashboard",
    .arguments = "",
    .details =
        "The log is the state: a restart goes on from the committed offset and its metadata and\n"
        "arrives at the same windows. Stop it with Ctrl-C or SIGTERM.\n",
    .opts = opts,
    .opts_n = TLC_COUNT(opts),
};

static int give_up(const struct tlc_err *err)
{
    tlc_log(TLC_ERROR, "give_up", "error=\"%s\"", err->text);
    return tlc_err_exit_code(err);
}

int main(int argc, char **argv)
{
    static struct process_options options;
    struct tlc_opt_list args;
    int exit_code = 0;
    if (tlc_opts_main(&program, argc, argv, &options, &args, &exit_code) == TLC_OPTS_EXIT) {
        return exit_code;
    }
    tlc_stop_init();

    static struct process process;
    struct tlc_err err = {0};
    struct tlc_http_server *server = NULL;
    struct tlc_status status;
    struct tlc_http_route routes[TLC_STATUS_ROUTES_N];
    struct tlc_http_server_options listen = {.listen = options.status_listen,
                                             .token_file = options.token_file,
                                             .insecure = options.insecure,
                                             .connections_max = 64,
                                             .idle_ms = 30000,
                                             .threads = 1};
    int rc = process_open(&process, &options, &err);
    process_status_init(&process, &status);
    tlc_status_routes(&status, routes);
    if (rc == 0) {
        rc = tlc_http_server_open(&listen, routes, TLC_COUNT(routes), &server, &err);
    }
    if (rc == 0) {
        tlc_log(TLC_INFO, "ready", "status=%s topic=%s dashboard=%s", options.status_listen,
                options.topic, process.url);
        rc = process_run(&process, &err);
    }
    tlc_http_server_close(&server);
    process_close(&process);
    if (rc != 0) {
        return give_up(&err);
    }
    tlc_counters_report(&process.counters, stderr);
    return TLC_EXIT_OK;
}
