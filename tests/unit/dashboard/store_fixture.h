/* A store in a folder of its own, and how tests give it messages. */
#ifndef TLC_TESTS_UNIT_DASHBOARD_STORE_FIXTURE_H
#define TLC_TESTS_UNIT_DASHBOARD_STORE_FIXTURE_H

#include <string.h>

#include "dashboard/store.h"
#include "tests/unit/dashboard/unit.h"

struct fixture {
    const char *folder;
    char path[512];
    struct store store;
};

static inline void store_fixture_open(struct fixture *f)
{
    struct tlc_err err = {.text = ""};
    int rc = store_open(&f->store, f->path, 0, &err);
    if (rc != TLC_OK) {
        fail_msg("%s", err.text);
    }
}

static inline int store_fixture_set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->folder = unit_folder_make();
    (void)snprintf(f->path, sizeof f->path, "%s/windows.sqlite", f->folder);
    store_fixture_open(f);
    *state = f;
    return 0;
}

static inline int store_fixture_tear_down(void **state)
{
    struct fixture *f = *state;
    store_close(&f->store);
    unit_folder_remove(f->folder);
    free(f);
    return 0;
}

static inline int take(struct fixture *f, const struct spec *specs, size_t n,
                       struct store_reply *reply, struct tlc_err *err)
{
    struct window_message m = unit_message(specs, n, NULL, 0);
    int rc = store_take(&f->store, &m, 1, reply, err);
    window_message_release(&m);
    return rc;
}

static inline struct store_reply take_good(struct fixture *f, const struct spec *specs, size_t n)
{
    struct store_reply reply;
    struct tlc_err err = {.text = ""};
    if (take(f, specs, n, &reply, &err) != TLC_OK) {
        fail_msg("%s", err.text);
    }
    assert_string_equal(reply.store_id, f->store.store_id);
    return reply;
}

static inline int64_t events(struct fixture *f)
{
    struct store_totals t;
    store_totals(&f->store, &t);
    return t.events;
}

static const struct spec first = {
    .source = GREEN_2024_01, .start_s = JAN_1_S, .revision = 10, .starts = 5, .ends = 3};

#endif
