#include "preprocess/duck.h"

#include "common/base/buf.h"

#include <dlfcn.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Names and signatures as in DuckDB's duckdb.h, without its prefix. A state is 0 when all went
 * well. */
#define FUNCTIONS(X)                                                                               \
    X(int, create_config, (void **config))                                                         \
    X(int, set_config, (void *config, const char *name, const char *option))                       \
    X(void, destroy_config, (void **config))                                                       \
    X(int, open_ext, (const char *path, void **database, void *config, char **error))              \
    X(void, close, (void **database))                                                              \
    X(int, connect, (void *database, void **connection))                                           \
    X(void, disconnect, (void **connection))                                                       \
    X(int, prepare, (void *connection, const char *sql, void **statement))                         \
    X(const char *, prepare_error, (void *statement))                                              \
    X(void, destroy_prepare, (void **statement))                                                   \
    X(int, bind_varchar, (void *statement, uint64_t number, const char *value))                    \
    X(int, execute_prepared_streaming, (void *statement, struct duck_result *result))              \
    X(const char *, result_error, (struct duck_result * result))                                   \
    X(void, destroy_result, (struct duck_result * result))                                         \
    X(void *, fetch_chunk, (struct duck_result result))                                            \
    X(void, destroy_data_chunk, (void **chunk))                                                    \
    X(uint64_t, data_chunk_get_size, (void *chunk))                                                \
    X(void *, data_chunk_get_vector, (void *chunk, uint64_t column))                               \
    X(void *, vector_get_data, (void *vector))                                                     \
    X(uint64_t *, vector_get_validity, (void *vector))                                             \
    X(void, free, (void *memory))

/* One library a process, as a loaded library is. */
static struct {
/* NOLINTNEXTLINE(bugprone-macro-parentheses): a declaration, not an expression */
#define MEMBER(type, name, arguments) type(*name) arguments;
    FUNCTIONS(MEMBER)
} api;

static const struct {
    const char *name;
    void *where;
} functions[] = {
#define FUNCTION_ROW(type, name, arguments) {"duckdb_" #name, &api.name},
    FUNCTIONS(FUNCTION_ROW)};

/* ---- finding the library ---- */

#define LIBRARY "libduckdb.so"
/* npm may lay builds for other C libraries and processors beside ours: only loading them tells. */
#define NODE_PACKAGES "node_modules/@duckdb/node-bindings-*/" LIBRARY

/* Beside the program, and in .deps of the folders above it (build/bin) and of the current one. */
static const char *const places[] = {
    "%s/" LIBRARY,
    "%s/../lib/" LIBRARY,
    "%s/.deps/" NODE_PACKAGES,
    "%s/../.deps/" NODE_PACKAGES,
    "%s/../../.deps/" NODE_PACKAGES,
};

/* Adds to tried: "PATH (why it is not the one)". */
static bool try_library(struct duck *d, const char *path, struct tlc_buf *tried)
{
    d->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!d->library) {
        tlc_buf_printf(tried, "%s%s (%s)", tried->n > 0 ? "; " : "", path, dlerror());
        return false;
    }
    for (size_t i = 0; i < TLC_COUNT(functions); i++) {
        void *symbol = dlsym(d->library, functions[i].name);
        if (!symbol) {
            tlc_buf_printf(tried, "%s%s (no %s: DuckDB 1.2 or later is needed)",
                           tried->n > 0 ? "; " : "", path, functions[i].name);
            return false;
        }
        memcpy(functions[i].where, &symbol, sizeof symbol);
    }
    return true;
}

static bool try_below(struct duck *d, const char *folder, struct tlc_buf *tried)
{
    bool loaded = false;
    for (size_t i = 0; !loaded && i < TLC_COUNT(places); i++) {
        char pattern[PATH_MAX], path[PATH_MAX];
        glob_t found;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        const int n = snprintf(pattern, sizeof pattern, places[i], folder);
#pragma GCC diagnostic pop
        if (n < 0 || n >= (int)sizeof pattern || glob(pattern, 0, NULL, &found) != 0) {
            continue;
        }
        for (size_t k = 0; !loaded && k < found.gl_pathc; k++) {
            /* The same folder may be above the program and the current one: tried once. */
            loaded = realpath(found.gl_pathv[k], path) && !strstr(tlc_buf_cstr(tried), path) &&
                     try_library(d, path, tried);
        }
        globfree(&found);
    }
    return loaded;
}

static bool try_around(struct duck *d, struct tlc_buf *tried)
{
    char program[PATH_MAX];
    const ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    if (n > 0) {
        program[n] = '\0';
        *strrchr(program, '/') = '\0';
        if (try_below(d, program, tried)) {
            return true;
        }
    }
    return try_below(d, ".", tried);
}

static int load_library(struct duck *d, const char *path, struct tlc_err *err)
{
    struct tlc_buf tried;
    int rc = 0;
    tlc_buf_init(&tried, 16 << 10);
    /* By its bare name: as the system finds it. */
    if (path ? !try_library(d, path, &tried)
             : !try_around(d, &tried) && !try_library(d, LIBRARY, &tried)) {
        rc = tlc_err_fatal(err, TLC_EXIT_CONFIG,
                           "Parquet needs " LIBRARY ", and none can be loaded: ./pipeline setup "
                           "gets it, --duckdb FILE or TLC_DUCKDB names it. Tried: %s",
                           tlc_buf_cstr(&tried));
    }
    tlc_buf_release(&tried);
    return rc;
}

/* ---- the database ---- */

static int failed(struct tlc_err *err, const char *text)
{
    const struct tlc_str all = tlc_str_from(text ? text : "unknown error");
    struct tlc_str rest = all, first;
    if (!tlc_str_split(&rest, '\n', &first)) {
        first = all;
    }
    return tlc_err_fatal(err, TLC_EXIT_DATA, "%.*s", TLC_STR_ARG(first));
}

static int open_database(struct duck *d, int threads, int64_t memory_bytes, struct tlc_err *err)
{
    char threads_text[16], memory_text[32];
    void *config = NULL;
    char *why = NULL;
    snprintf(threads_text, sizeof threads_text, "%d", threads);
    snprintf(memory_text, sizeof memory_text, "%lldKiB", (long long)(memory_bytes >> 10));
    const char *const settings[][2] = {
        {"threads", threads_text},
        {"memory_limit", memory_text},
        {"temp_directory", ""}, /* it must not spill behind our back */
        {"autoinstall_known_extensions", "false"},
    };
    int rc = 0;
    if (api.create_config(&config) != 0) {
        return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "libduckdb: no configuration");
    }
    for (size_t i = 0; rc == 0 && i < TLC_COUNT(settings); i++) {
        if (api.set_config(config, settings[i][0], settings[i][1]) != 0) {
            rc = tlc_err_fatal(err, TLC_EXIT_CONFIG, "libduckdb does not take %s = %s",
                               settings[i][0], settings[i][1]);
        }
    }
    if (rc == 0 && api.open_ext(NULL, &d->database, config, &why) != 0) {
        rc = tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "libduckdb: %s", why ? why : "cannot be opened");
        api.free(why);
    }
    api.destroy_config(&config);
    if (rc == 0 && api.connect(d->database, &d->connection) != 0) {
        rc = tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "libduckdb: cannot connect to its database");
    }
    return rc;
}

/* Whatever TZ says: where a moment becomes text it is UTC's. */
static int set_zone(struct duck *d, struct tlc_err *err)
{
    struct duck_query query;
    duck_chunk chunk = NULL;
    int rc = duck_run(d, "SET TimeZone = 'UTC'", NULL, &query, err);
    if (rc == 0) {
        rc = duck_next(&query, &chunk, err);
        if (chunk) {
            duck_chunk_free(chunk);
        }
        duck_finish(&query);
    }
    return rc;
}

int duck_open(struct duck *d, const char *path, int threads, int64_t memory_bytes,
              struct tlc_err *err)
{
    memset(d, 0, sizeof *d);
    int rc = load_library(d, path, err);
    rc = rc == 0 ? open_database(d, threads, memory_bytes, err) : rc;
    rc = rc == 0 ? set_zone(d, err) : rc;
    if (rc != 0) {
        duck_close(d);
    }
    return rc;
}

/* The library stays loaded: unloading C++ libraries with threads of their own is not safe. */
void duck_close(struct duck *d)
{
    if (d->connection) {
        api.disconnect(&d->connection);
    }
    if (d->database) {
        api.close(&d->database);
    }
    d->library = NULL;
}

int duck_run(struct duck *d, const char *sql, const char *parameter, struct duck_query *ret,
             struct tlc_err *err)
{
    int rc = 0;
    memset(ret, 0, sizeof *ret);
    if (api.prepare(d->connection, sql, &ret->statement) != 0 ||
        (parameter && api.bind_varchar(ret->statement, 1, parameter) != 0)) {
        rc = failed(err, api.prepare_error(ret->statement));
    } else if (api.execute_prepared_streaming(ret->statement, &ret->result) != 0) {
        rc = failed(err, api.result_error(&ret->result));
    }
    if (rc != 0) {
        duck_finish(ret);
    }
    return rc;
}

void duck_finish(struct duck_query *q)
{
    api.destroy_result(&q->result);
    api.destroy_prepare(&q->statement);
}

int duck_next(struct duck_query *q, duck_chunk *ret, struct tlc_err *err)
{
    *ret = q->ended ? NULL : api.fetch_chunk(q->result);
    if (*ret || q->ended) {
        return 0;
    }
    q->ended = true;
    const char *why = api.result_error(&q->result);
    return why && why[0] != '\0' ? failed(err, why) : 0;
}

void duck_chunk_free(duck_chunk chunk)
{
    api.destroy_data_chunk(&chunk);
}

size_t duck_chunk_rows(duck_chunk chunk)
{
    return (size_t)api.data_chunk_get_size(chunk);
}

const void *duck_chunk_column(duck_chunk chunk, size_t c, const uint64_t **ret_validity)
{
    void *vector = api.data_chunk_get_vector(chunk, c);
    *ret_validity = api.vector_get_validity(vector);
    return api.vector_get_data(vector);
}
