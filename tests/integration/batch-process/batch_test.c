#include "batch_test.h"

#include <glob.h>

#include "common/base/file.h"

void batch_test_file(struct tlc_pg *pg, const char *path)
{
    struct tlc_buf text;
    struct tlc_err err;
    tlc_buf_init(&text, 1 << 20);
    if (tlc_file_load(path, &text, &err) != TLC_OK) {
        fail_msg("%s", err.text);
    }
    pg_run(pg, tlc_buf_cstr(&text));
    tlc_buf_release(&text);
}

void batch_test_open(struct batch_test *t, const char *purpose)
{
    glob_t schema;
    struct tlc_err err;
    memset(t, 0, sizeof(*t));
    pg_test_open(&t->db, purpose, "");
    assert_int_equal(glob("consumer-store/schema/*.sql", 0, NULL, &schema), 0);
    for (size_t i = 0; i < schema.gl_pathc; i++) {
        batch_test_file(t->db.pg, schema.gl_pathv[i]);
    }
    globfree(&schema);
    batch_test_file(t->db.pg, "tests/integration/batch-process/rows.sql");
    t->options = (struct batch_options){
        .database = t->db.pool_url, .routes = 20, .wait_ms = 60000, .migrate = true};
    report_init(&t->report);
    assert_int_equal(batch_init(&t->batch, &t->options, &t->report, &err), TLC_OK);
    if (batch_connect(&t->batch, &err) != TLC_OK) {
        fail_msg("%s", err.text);
    }
    batch_test_file(t->db.pg, "tests/integration/batch-process/oracle.sql");
}

void batch_test_close(struct batch_test *t)
{
    batch_release(&t->batch);
    report_release(&t->report);
    pg_test_close(&t->db);
}

static void sql_format(char *sql, size_t size, const char *fmt, va_list args)
{
    int n = vsnprintf(sql, size, fmt, args);
    assert_true(n >= 0 && (size_t)n < size);
}

void batch_test_do(struct batch_test *t, const char *fmt, ...)
{
    char sql[4096];
    va_list args;
    va_start(args, fmt);
    sql_format(sql, sizeof(sql), fmt, args);
    va_end(args);
    pg_run(t->db.pg, sql);
}

int64_t batch_test_number(struct batch_test *t, const char *fmt, ...)
{
    char sql[4096];
    va_list args;
    int64_t value = 0;
    va_start(args, fmt);
    sql_format(sql, sizeof(sql), fmt, args);
    va_end(args);
    const char *text = pg_text(t->db.pg, sql);
    if (!tlc_str_to_i64(tlc_str_from(text), INT64_MIN, INT64_MAX, &value)) {
        fail_msg("%s: no number: %s", sql, text);
    }
    return value;
}

void batch_test_run(struct batch_test *t, const char *from, const char *to, bool all)
{
    struct tlc_err err;
    struct tlc_pg *pg = t->batch.pg;
    t->options.from = from;
    t->options.to = to;
    t->options.all = all;
    assert_int_equal(batch_init(&t->batch, &t->options, &t->report, &err), TLC_OK);
    t->batch.pg = pg;
    if (batch_run(&t->batch, &err) != TLC_OK) {
        fail_msg("%s", err.text);
    }
}

void batch_test_equals_oracle(struct batch_test *t)
{
    static const char sql[] =
        "SELECT string_agg(d::text, E'\\n') FROM (SELECT * FROM differences(20) ORDER BY what, "
        "owner, day, line LIMIT 6) d";
    const char *text = pg_text(t->db.pg, sql);
    if (text[0]) {
        fail_msg("%s", text);
    }
}
