/* dashboard: takes windows by HTTP, keeps them in SQLite, and shows them as live pages. */
#include <signal.h>

#include "common/base/log.h"
#include "common/base/stop.h"
#include "dashboard/dashboard.h"

#define TLC_OPT_STRUCT struct dashboard_options
static const struct tlc_opt opts[] = {DASHBOARD_OPTIONS(TLC_OPT_ROW)};

static const struct tlc_program program = {
    .name = "dashboard",
    .summary = "takes windows from consumer-process and shows them as live pages",
    .arguments = "",
    .details = "Example:\n"
               "  dashboard --db /var/lib/taxi/dashboard.sqlite\n"
               "then open http://127.0.0.1:8090/\n",
    .opts = opts,
    .opts_n = TLC_COUNT(opts),
};

static struct dashboard dashboard = {.http_lock = PTHREAD_MUTEX_INITIALIZER};
static struct dashboard_options options;

int main(int argc, char **argv)
{
    struct tlc_opt_list args;
    int exit_code = TLC_EXIT_OK;
    if (tlc_opts_main(&program, argc, argv, &options, &args, &exit_code) == TLC_OPTS_EXIT) {
        return exit_code;
    }
    tlc_stop_on_signal(SIGHUP, dashboard_reload, &dashboard);
    tlc_stop_init();

    struct tlc_err err = {0};
    int rc = dashboard_open(&dashboard, &options, &err);
    rc = rc == TLC_OK ? dashboard_run(&dashboard, &err) : rc;
    if (rc != TLC_OK) {
        tlc_log(TLC_ERROR, "give_up", "reason=\"%s\"", err.text);
        exit_code = tlc_err_exit_code(&err);
    }
    if (exit_code == TLC_EXIT_OK) {
        dashboard_report(&dashboard);
    }
    dashboard_close(&dashboard);
    return exit_code;
}
