#include <stdlib.h>

#include "common/base/file.h"
#include "common/io/http_server_internal.h"

#define TOKEN_FILE_MAX (1 << 20)

static size_t count_tokens(struct tlc_str text, size_t *ret_longest)
{
    size_t n = 0;
    struct tlc_str line;
    *ret_longest = 0;
    while (tlc_str_split(&text, '\n', &line)) {
        line = tlc_str_trim(line);
        if (line.n > 0 && line.p[0] != '#') {
            n++;
            *ret_longest = line.n > *ret_longest ? line.n : *ret_longest;
        }
    }
    return n;
}

static int parse_tokens(struct http_tokens *tokens, struct tlc_str text, struct tlc_err *err)
{
    size_t longest;
    size_t n = count_tokens(text, &longest);
    if (n == 0) {
        return tlc_err_fatal(err, TLC_EXIT_CONFIG, "token file %s: holds no token; one a line",
                             tokens->path);
    }
    if (longest > HTTP_TOKEN_MAX) {
        return tlc_err_fatal(err, TLC_EXIT_CONFIG, "token file %s: a token has over %d bytes",
                             tokens->path, HTTP_TOKEN_MAX);
    }
    void *v = calloc(n, sizeof *tokens->v);
    if (!v) {
        return tlc_err_set(err, TLC_FATAL, "token file %s: out of memory", tokens->path);
    }
    pthread_mutex_lock(&tokens->lock);
    free(tokens->v);
    tokens->v = v;
    tokens->n = 0;
    struct tlc_str line;
    while (tlc_str_split(&text, '\n', &line)) {
        line = tlc_str_trim(line);
        if (line.n > 0 && line.p[0] != '#') {
            memcpy(tokens->v[tokens->n].bytes, line.p, line.n);
            tokens->v[tokens->n++].n = line.n;
        }
    }
    pthread_mutex_unlock(&tokens->lock);
    return 0;
}

int http_tokens_load(struct http_tokens *tokens, struct tlc_err *err)
{
    if (!tokens->path) {
        return 0;
    }
    struct tlc_buf text;
    tlc_buf_init(&text, TOKEN_FILE_MAX);
    int rc = tlc_file_load(tokens->path, &text, err);
    if (rc == 0) {
        rc = parse_tokens(tokens, tlc_buf_str(&text), err);
    } else {
        rc = tlc_err_note(err, "token file");
    }
    tlc_buf_release(&text);
    return rc;
}

bool http_tokens_check(struct http_tokens *tokens, struct tlc_str authorization)
{
    if (!tokens->path) {
        return true;
    }
    struct tlc_str scheme = TLC_STR("Bearer ");
    if (authorization.n <= scheme.n ||
        !tlc_str_eq_nocase((struct tlc_str){authorization.p, scheme.n}, scheme)) {
        return false;
    }
    struct tlc_str given =
        tlc_str_trim((struct tlc_str){authorization.p + scheme.n, authorization.n - scheme.n});
    if (given.n > HTTP_TOKEN_MAX) {
        return false;
    }
    unsigned char padded[HTTP_TOKEN_MAX] = {0};
    memcpy(padded, given.p, given.n);
    /* All tokens, all bytes, whatever matches: how long it takes tells nothing of how near a guess
     * was. */
    unsigned hit = 0;
    pthread_mutex_lock(&tokens->lock);
    for (size_t i = 0; i < tokens->n; i++) {
        unsigned diff = (unsigned)(tokens->v[i].n ^ given.n);
        for (size_t k = 0; k < HTTP_TOKEN_MAX; k++) {
            diff |= (unsigned)(tokens->v[i].bytes[k] ^ padded[k]);
        }
        hit |= (unsigned)(diff == 0);
    }
    pthread_mutex_unlock(&tokens->lock);
    return hit != 0;
}

void http_tokens_release(struct http_tokens *tokens)
{
    free(tokens->v);
    tokens->v = NULL;
    tokens->n = 0;
}
