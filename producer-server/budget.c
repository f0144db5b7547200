#include "producer-server/budget.h"

#include <stdbool.h>
#include <string.h>

void budget_init(struct budget *b, int64_t max)
{
    memset(b, 0, sizeof *b);
    b->max = max;
    pthread_mutex_init(&b->lock, NULL);
}

void budget_release(struct budget *b)
{
    pthread_mutex_destroy(&b->lock);
}

static struct budget_client *client_of(struct budget *b, uint64_t peer)
{
    return &b->clients[peer % BUDGET_CLIENTS];
}

/* Clients beside this one that hold something or wait. */
static int64_t others(const struct budget *b, const struct budget_client *self, int64_t now_ns)
{
    int64_t n = b->holders_n - (self->bytes > 0);
    for (size_t i = 0; b->waits_until_ns > now_ns && i < BUDGET_CLIENTS; i++) {
        const struct budget_client *c = &b->clients[i];
        n += c != self && c->bytes == 0 && c->waits_until_ns > now_ns;
    }
    return n;
}

static enum budget_verdict judge(const struct budget *b, const struct budget_client *c,
                                 int64_t bytes, int64_t now_ns)
{
    int64_t others_n = others(b, c, now_ns);
    if (others_n > 0 && c->bytes > 0 && c->bytes + bytes > b->max / (others_n + 1)) {
        return BUDGET_OVER_SHARE;
    }
    return b->bytes > 0 && b->bytes + bytes > b->max ? BUDGET_SPENT : BUDGET_TAKEN;
}

enum budget_verdict budget_take(struct budget *b, uint64_t peer, int64_t bytes, int64_t now_ns,
                                int64_t waits_until_ns)
{
    struct budget_client *c = client_of(b, peer);
    pthread_mutex_lock(&b->lock);
    enum budget_verdict verdict = judge(b, c, bytes, now_ns);
    if (verdict == BUDGET_TAKEN) {
        b->holders_n += c->bytes == 0 && bytes > 0;
        c->bytes += bytes;
        c->waits_until_ns = 0;
        b->bytes += bytes;
    } else if (verdict == BUDGET_SPENT) {
        c->waits_until_ns = waits_until_ns;
        b->waits_until_ns = b->waits_until_ns > waits_until_ns ? b->waits_until_ns : waits_until_ns;
    }
    pthread_mutex_unlock(&b->lock);
    return verdict;
}

void budget_give_back(struct budget *b, uint64_t peer, int64_t bytes)
{
    struct budget_client *c = client_of(b, peer);
    pthread_mutex_lock(&b->lock);
    c->bytes -= bytes;
    b->holders_n -= c->bytes == 0 && bytes > 0;
    b->bytes -= bytes;
    pthread_mutex_unlock(&b->lock);
}
