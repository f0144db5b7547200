/* producer-client: events in, HTTP out, at the pace of the event clock. */
#include <signal.h>

#include "common/base/log.h"
#include "common/base/stop.h"
#include "producer-client/replay.h"

static struct client_options options;
static struct tlc_opt_list paths;
static struct replay replay;

static int fail(const struct tlc_err *err, const char *event)
{
    tlc_log(TLC_ERROR, event, "reason=\"%s\"", err->text);
    return tlc_err_exit_code(err);
}

int main(int argc, char **argv)
{
    struct tlc_err err = {0};
    int exit_code = TLC_EXIT_OK;
    if (tlc_opts_main(&client_program, argc, argv, &options, &paths, &exit_code) == TLC_OPTS_EXIT) {
        return exit_code;
    }
    tlc_stop_on_signal(SIGUSR1, replay_pause, &replay);
    tlc_stop_on_signal(SIGUSR2, replay_continue, &replay);
    tlc_stop_init();

    if (replay_open(&replay, &options, &paths, NULL, &err) != 0) {
        return fail(&err, "cannot_start");
    }
    bool failed = replay_run(&replay, &err) != 0;
    if (failed) {
        exit_code = fail(&err, "replay_failed");
    }
    if (replay_report(&replay, &err) != 0) {
        exit_code = fail(&err, "summary_failed");
        failed = true;
    }
    exit_code = failed ? exit_code : replay_exit_code(&replay);
    replay_close(&replay);
    return exit_code;
}
