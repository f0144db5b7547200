/* Every status of the API, from the outside. */
#include "tests/support/unit.h"

#include <zlib.h>
#include <zstd.h>

#include "common/base/clock.h"
#include "common/base/str.h"
#include "tests/support/server_under_test.h"

#define OTHER_MONTH                                                                                \
    "{\"TripID\":2202401000000001,\"VendorID\":2,\"Datetime\":\"2024-05-01T00:12:34-04:00\","      \
    "\"Status\":\"start\",\"ZoneID\":74}\n"

static struct sut sut;

static int set_up(void **state)
{
    (void)state;
    const char *options[] = {"--body=64KiB", "--inflight=1MiB", NULL};
    sut_start(&sut, options);
    sut_wait_ready(&sut, true);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sut_stop(&sut);
    sut_free(&sut);
    return 0;
}

static void replies__each_request__as_documented(void **state)
{
    (void)state;
    static const struct {
        const char *head, *body;
        int status;
        const char *words; /* in the body */
    } cases[] = {
        {SUT_TRIPS, SUT_EVENT SUT_EVENT, 200, "{\"accepted\":2,\"refused\":0}"},
        {SUT_TRIPS, SUT_EVENT "garbage\n", 207, "{\"line\":2,\"rule\":\"not_json\""},
        {SUT_TRIPS, OTHER_MONTH, 422, "outside_month"},
        {SUT_TRIPS, "garbage\n", 400, "\"refused\":1"},
        {SUT_TRIPS, "", 400, "empty_body"},
        {SUT_TRIPS, "\n\n", 400, "empty_body"},
        {"POST /trips?errors=x HTTP/1.1\r\nContent-Type: text/plain", SUT_EVENT, 400,
         "bad_parameter"},
        {SUT_TRIPS "\r\nContent-Encoding: gzip", SUT_EVENT, 400, "bad_gzip"},
        {SUT_TRIPS "\r\nContent-Encoding: br", SUT_EVENT, 415, "one of: gzip, zstd, identity"},
        {SUT_TRIPS "\r\nContent-Encoding: zstd", SUT_EVENT, 400, "bad_zstd"},
        {SUT_TRIPS, "[" SUT_EVENT "," SUT_EVENT "]", 200, "{\"accepted\":2,\"refused\":0}"},
        {SUT_TRIPS, "[" SUT_EVENT ",7]", 207, "{\"line\":2,\"rule\":\"not_json\""},
        {SUT_TRIPS, "[]", 400, "empty_body"},
        {SUT_TRIPS, "\xef\xbb\xbf" SUT_EVENT, 200, "\"accepted\":1"},
        {"POST /trip HTTP/1.1\r\nContent-Type: application/json", "[" SUT_EVENT "]", 422,
         "POST /trips takes several events"},
        {"POST /trips HTTP/1.1\r\nContent-Type: text/csv", SUT_EVENT, 415, "bad_type"},
        {"POST /trips HTTP/1.1", SUT_EVENT, 415, "bad_type"},
        {"POST /trip HTTP/1.1\r\nContent-Type: application/json; charset=utf-8", SUT_EVENT, 200,
         "\"accepted\":1"},
        {"POST /trip HTTP/1.1\r\nContent-Type: application/json", "{}", 422, "missing_key"},
        {"POST /sources/2202401/close HTTP/1.1", NULL, 200, "{\"partitions\":3}"},
        {"POST /sources/7/close HTTP/1.1", NULL, 422, "bad_source"},
        {"POST /sources/2202401/close HTTP/1.1", "x", 413, "no body"},
        {"GET /sources/2202401/close HTTP/1.1", NULL, 405, "POST"},
        {"GET /trips HTTP/1.1", NULL, 405, "POST"},
        {"DELETE /status HTTP/1.1", NULL, 405, "GET, HEAD"},
        {"GET /nothing HTTP/1.1", NULL, 404, "not_found"},
        {"GET /../etc/passwd HTTP/1.1", NULL, 404, "not_found"},
        {"POST /Trips HTTP/1.1", SUT_EVENT, 404, "not_found"},
        {SUT_TRIPS, NULL, 411, "length_required"},
        {SUT_TRIPS "\r\nExpect: a-miracle", SUT_EVENT, 417, "bad_expect"},
        {"GET /healthz HTTP/1.1", NULL, 200, "ok"},
        {"GET /readyz HTTP/1.1", NULL, 200, "{\"ready\":true}"},
        {"GET /status HTTP/1.1", NULL, 200, "\"name\":\"producer-server\""},
        {"GET /metrics HTTP/1.1", NULL, 200, "tlc_server_records_acked_total"},
        {"GET /openapi.yaml HTTP/1.1", NULL, 200, "openapi: 3."},
    };
    for (size_t i = 0; i < TLC_COUNT(cases); i++) {
        struct raw_reply r = raw_ask(sut.port, cases[i].head, cases[i].body);
        if (r.status != cases[i].status || !strstr(r.body, cases[i].words)) {
            fail_msg("%s: %d %s", cases[i].head, r.status, r.body);
        }
    }
    char allow[256];
    struct raw_reply r = raw_ask(sut.port, "PUT /trips HTTP/1.1", NULL);
    assert_string_equal(raw_header(&r, "Allow", allow), "POST");
}

static void head__as_get_without_the_body(void **state)
{
    (void)state;
    int fd = raw_connect(sut.port);
    raw_text(fd,
             "HEAD /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    char length[256], bytes[4096] = "";
    struct raw_reply none = {.status = 0};
    size_t n = 0;
    while (!strstr(bytes, "\r\n\r\nok\n")) { /* the second reply's body is the only one */
        ssize_t got = read(fd, bytes + n, sizeof bytes - 1 - n);
        assert_true(got > 0);
        n += (size_t)got;
    }
    snprintf(none.head, sizeof none.head, "%s", bytes);
    assert_string_equal(raw_header(&none, "Content-Length", length), "3");
    assert_ptr_equal(strstr(bytes, "ok\n"), bytes + n - 3);
    close(fd);
}

static void status__not_http__400_and_closed(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "GARBAGE\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon here\r\n\r\n",
        "POST /trips HTTP/1.1\r\nHost: a\r\nContent-Length: "
        "-5\r\n\r\n",
        "POST /trips HTTP/1.1\r\nHost: a\r\nContent-Length: "
        "99999999999999999999999\r\n\r\n",
        "POST /trips HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n"};
    for (size_t i = 0; i < TLC_COUNT(texts); i++) {
        int fd = raw_connect(sut.port);
        raw_text(fd, texts[i]);
        struct raw_reply r = raw_read(fd);
        if (r.status != 400 && r.status != 413 && r.status != 0) {
            fail_msg("%s: %d", texts[i], r.status);
        }
        assert_true(raw_closed(fd));
        close(fd);
    }
    sut_wait_ready(&sut, true);
}

/* A body of some size is read and dropped, so that its sender gets the reply and keeps its
 * connection; a huge one is not waited for. */
static void status__body_over_the_limit__413(void **state)
{
    (void)state;
    static char body[65537];
    int fd = raw_connect(sut.port);
    raw_text(fd, SUT_TRIPS "\r\nHost: a\r\nContent-Length: 65537\r\n\r\n");
    raw_send(fd, body, sizeof body);
    struct raw_reply r = raw_read(fd);
    assert_int_equal(r.status, 413);
    assert_non_null(strstr(r.body, "up to 65536 bytes"));
    raw_text(fd, SUT_TRIPS "\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n");
    assert_int_equal(raw_read(fd).status, 413);
    assert_true(raw_closed(fd));
    close(fd);
}

static void send_chunked(int fd, size_t chunks)
{
    char chunk[4096 + 16];
    size_t n = (size_t)snprintf(chunk, sizeof chunk, "1000\r\n");
    memset(chunk + n, ' ', 4096);
    memcpy(chunk + n + 4096, "\r\n", 2);
    raw_text(fd, SUT_TRIPS "\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (size_t i = 0; i < chunks; i++) {
        raw_send(fd, chunk, n + 4098);
    }
}

static void status__chunked__taken_and_limited_alike(void **state)
{
    (void)state;
    int fd = raw_connect(sut.port);
    char part[512];
    send_chunked(fd, 2);
    snprintf(part, sizeof part, "%zx\r\n" SUT_EVENT "\r\n0\r\n\r\n", strlen(SUT_EVENT));
    raw_text(fd, part);
    struct raw_reply r = raw_read(fd);
    assert_int_equal(r.status, 200);
    send_chunked(fd, 17); /* a page too much */
    raw_text(fd, "0\r\n\r\n");
    r = raw_read(fd);
    assert_int_equal(r.status, 413);
    close(fd);
}

/* NOLINTNEXTLINE(readability-non-const-parameter): zlib writes there */
static size_t gzip(const char *in, size_t n, char *dst, size_t size)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)in,
                  .avail_in = (uInt)n,
                  .next_out = (Bytef *)dst,
                  .avail_out = (uInt)size};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return size - z.avail_out;
}

static struct raw_reply ask_packed(const char *coding, const char *packed, size_t packed_n)
{
    char head[256];
    int fd = raw_connect(sut.port);
    snprintf(head, sizeof head,
             SUT_TRIPS "\r\nHost: a\r\nContent-Encoding: %s\r\nContent-Length: %zu\r\n\r\n", coding,
             packed_n);
    raw_text(fd, head);
    raw_send(fd, packed, packed_n);
    struct raw_reply r = raw_read(fd);
    close(fd);
    return r;
}

static struct raw_reply ask_gzip(const char *body, size_t n, size_t cut)
{
    static char packed[65536];
    return ask_packed("x-gzip", packed, gzip(body, n, packed, sizeof packed) - cut);
}

static struct raw_reply ask_zstd(const char *body, size_t n, size_t cut)
{
    static char packed[65536];
    size_t packed_n = ZSTD_compress(packed, sizeof packed, body, n, 3);
    assert_false(ZSTD_isError(packed_n));
    return ask_packed("zstd", packed, packed_n - cut);
}

static void status__zstd__unpacked_limit_and_damage(void **state)
{
    (void)state;
    static char bomb[10 << 20];
    assert_int_equal(ask_zstd(SUT_EVENT SUT_EVENT, 2 * strlen(SUT_EVENT), 0).status, 200);
    assert_int_equal(ask_zstd(SUT_EVENT, strlen(SUT_EVENT), 4).status, 400);
    assert_int_equal(ask_zstd(bomb, sizeof bomb, 0).status, 413);
    assert_int_equal(ask_zstd(SUT_EVENT, strlen(SUT_EVENT), 0).status, 200);
    assert_int_equal(sut_status(&sut, "in_flight_bytes"), 0);
}

static void status__gzip__unpacked_limit_and_damage(void **state)
{
    (void)state;
    static char bomb[10 << 20];
    assert_int_equal(ask_gzip(SUT_EVENT SUT_EVENT, 2 * strlen(SUT_EVENT), 0).status, 200);
    assert_int_equal(ask_gzip(SUT_EVENT, strlen(SUT_EVENT), 4).status, 400);
    assert_int_equal(ask_gzip(bomb, sizeof bomb, 0).status, 413);
    assert_int_equal(ask_gzip(SUT_EVENT, strlen(SUT_EVENT), 0).status, 200);
}

static void expect__body_that_would_be_refused__never_asked_for(void **state)
{
    (void)state;
    int fd = raw_connect(sut.port);
    raw_text(fd,
             SUT_TRIPS "\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9999999\r\n\r\n");
    assert_int_equal(raw_read(fd).status, 413);
    close(fd);
    fd = raw_connect(sut.port);
    char head[256];
    snprintf(head, sizeof head,
             SUT_TRIPS "\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: %zu\r\n\r\n",
             strlen(SUT_EVENT));
    raw_text(fd, head);
    assert_int_equal(raw_read(fd).status, 100);
    raw_text(fd, SUT_EVENT);
    assert_int_equal(raw_read(fd).status, 200);
    close(fd);
}

static void pipelining__replies_in_order(void **state)
{
    (void)state;
    int fd = raw_connect(sut.port);
    char one[512], all[2048];
    snprintf(one, sizeof one, SUT_TRIPS "\r\nHost: a\r\nContent-Length: %zu\r\n\r\n" SUT_EVENT,
             strlen(SUT_EVENT));
    snprintf(all, sizeof all,
             "%sGET /nothing HTTP/1.1\r\nHost: a\r\n\r\n%sGET /healthz "
             "HTTP/1.1\r\nHost: a\r\n\r\n",
             one, one);
    raw_text(fd, all);
    static const int want[] = {200, 404, 200, 200};
    for (size_t i = 0; i < TLC_COUNT(want); i++) {
        assert_int_equal(raw_read(fd).status, want[i]);
    }
    close(fd);
}

static void content_length__lies__others_unaffected(void **state)
{
    (void)state;
    int fd = raw_connect(sut.port); /* more than it says: the rest is no request */
    raw_text(fd, SUT_TRIPS "\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGARBAGE\r\n\r\n");
    assert_int_equal(raw_read(fd).status, 400);
    assert_true(raw_closed(fd));
    close(fd);
    int64_t before = sut_status(&sut, "records_received");
    fd = raw_connect(sut.port); /* less than it says, then gone */
    raw_text(fd, SUT_TRIPS "\r\nHost: a\r\nContent-Length: 1000\r\n\r\n" SUT_EVENT);
    close(fd);
    int64_t until = tlc_now_ms() + RAW_DEADLINE_MS;
    while (sut_status(&sut, "in_flight_bytes") != 0 || sut_status(&sut, "http_aborted") < 1) {
        assert_true(tlc_now_ms() < until);
    }
    assert_int_equal(sut_status(&sut, "records_received"), before); /* half a body is none */
}

/* What promtool checks: names, HELP and TYPE before the samples, no series twice. */
static void check_metrics_line(const char *line, char family[128], char seen[65536])
{
    char name[256], series[256];
    if (strncmp(line, "# HELP ", 7) == 0) {
        snprintf(family, 128, "%.*s", (int)strcspn(line + 7, " "), line + 7);
        assert_null(strstr(seen, line)); /* a family stands together */
        return;
    }
    size_t family_n = strlen(family);
    if (strncmp(line, "# TYPE ", 7) == 0) {
        const char *type = line + 7 + family_n;
        assert_memory_equal(line + 7, family, family_n);
        assert_true(strcmp(type, " counter") == 0 || strcmp(type, " gauge") == 0 ||
                    strcmp(type, " histogram") == 0);
        bool total = family_n > 6 && strcmp(family + family_n - 6, "_total") == 0;
        assert_int_equal(total, strcmp(type, " counter") == 0);
        return;
    }
    snprintf(name, sizeof name, "%.*s", (int)strcspn(line, " {"), line);
    assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(name));
    assert_memory_equal(name, family, family_n);
    snprintf(series, sizeof series, "\n%.*s ", (int)(strrchr(line, ' ') - line), line);
    if (strstr(seen, series)) {
        fail_msg("twice: %s", series);
    }
    char *end;
    (void)strtod(strrchr(line, ' ') + 1, &end);
    assert_true(*end == '\0');
}

static void metrics__by_the_conventions_of_prometheus(void **state)
{
    (void)state;
    static char seen[65536];
    char family[128] = "", type[256];
    struct raw_reply r = raw_ask(sut.port, "GET /metrics HTTP/1.1", NULL);
    size_t lines = 0, at = 0;
    assert_string_equal(raw_header(&r, "Content-Type", type),
                        "text/plain; version=0.0.4; charset=utf-8");
    assert_int_equal(r.body[r.body_n - 1], '\n');
    for (char *line = strtok(r.body, "\n"); line; line = strtok(NULL, "\n")) {
        check_metrics_line(line, family, seen);
        at += (size_t)snprintf(seen + at, sizeof seen - at, "\n%s", line);
        lines++;
    }
    assert_true(lines > 100);
}

static void log__what_was_acknowledged__is_there_keyed(void **state)
{
    (void)state;
    int64_t acked = sut_status(&sut, "records_acked") + sut_status(&sut, "marks");
    assert_true(acked > 0);
    assert_int_equal(mock_kafka_read(&sut.kafka, SUT_TOPIC, SUT_PARTITIONS, NULL, NULL), acked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replies__each_request__as_documented),
        cmocka_unit_test(head__as_get_without_the_body),
        cmocka_unit_test(status__not_http__400_and_closed),
        cmocka_unit_test(status__body_over_the_limit__413),
        cmocka_unit_test(status__chunked__taken_and_limited_alike),
        cmocka_unit_test(status__zstd__unpacked_limit_and_damage),
        cmocka_unit_test(status__gzip__unpacked_limit_and_damage),
        cmocka_unit_test(expect__body_that_would_be_refused__never_asked_for),
        cmocka_unit_test(pipelining__replies_in_order),
        cmocka_unit_test(content_length__lies__others_unaffected),
        cmocka_unit_test(metrics__by_the_conventions_of_prometheus),
        cmocka_unit_test(log__what_was_acknowledged__is_there_keyed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
