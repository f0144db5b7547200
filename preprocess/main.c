/* preprocess: trip files in, one stream of events in the order of time out. */
#include <stdio.h>

#include "common/base/stop.h"
#include "preprocess/preprocess.h"
#include "preprocess/report.h"

#define EXIT_STOPPED 130 /* as a shell reports a program that Ctrl-C has ended */

static struct preprocess_options options;
static struct tlc_opt_list paths;
static struct preprocess preprocess;

static int list_rules(void)
{
    struct tlc_buf text;
    tlc_buf_init(&text, 1U << 16);
    report_rules(&text);
    (void)fputs(tlc_buf_cstr(&text), stdout);
    tlc_buf_release(&text);
    return TLC_EXIT_OK;
}

int main(int argc, char **argv)
{
    struct tlc_err err = {0};
    int exit_code = TLC_EXIT_OK;
    if (tlc_opts_main(&preprocess_program, argc, argv, &options, &paths, &exit_code) ==
        TLC_OPTS_EXIT) {
        return exit_code;
    }
    options.output = options.output ? options.output : options.output_short;
    if (options.rules) {
        return list_rules();
    }
    tlc_stop_init();

    int rc;
    if (options.plan) {
        rc = preprocess_plan(&preprocess, &options, &paths, &err);
    } else {
        rc = preprocess_open(&preprocess, &options, &paths, &err);
        rc = rc == 0 ? preprocess_read(&preprocess, &err) : rc;
        rc = rc == 0 ? preprocess_write(&preprocess, &err) : rc;
        rc = rc == 0 ? preprocess_report(&preprocess, &err) : rc;
    }
    preprocess_close(&preprocess);
    if (rc != 0) {
        fprintf(stderr, "preprocess: %s\n", err.text);
        exit_code = rc == TLC_STOP ? EXIT_STOPPED : tlc_err_exit_code(&err);
    }
    return exit_code;
}
