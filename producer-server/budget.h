/* The memory that request bodies may take at once, shared out so that no client starves the others.
 *
 * A client is a peer's address. Alone it may hold the whole budget. While n clients hold some of
 * it, or were turned away a short while ago because it was spent, each may hold a share of one nth;
 * one that holds nothing is let in as long as there is room. Clients whose hashes meet count as
 * one. Any thread may call. */
#ifndef PRODUCER_SERVER_BUDGET_H
#define PRODUCER_SERVER_BUDGET_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#define BUDGET_CLIENTS 256

enum budget_verdict {
    BUDGET_TAKEN,
    BUDGET_SPENT,      /* no room; the client counts as waiting until then */
    BUDGET_OVER_SHARE, /* others are here, and this client holds its share */
};

struct budget {
    pthread_mutex_t lock;
    int64_t max;
    _Atomic int64_t bytes; /* taken by all; may be read without the lock */
    struct budget_client {
        int64_t bytes;
        int64_t waits_until_ns;
    } clients[BUDGET_CLIENTS];
    int64_t holders_n;      /* clients with bytes */
    int64_t waits_until_ns; /* the last of all */
};

void budget_init(struct budget *b, int64_t max);
void budget_release(struct budget *b);
/* One request is always let in when nothing is taken, whatever its size. waits_until_ns: until when
 * the client counts as waiting should the budget be spent. */
enum budget_verdict budget_take(struct budget *b, uint64_t peer, int64_t bytes, int64_t now_ns,
                                int64_t waits_until_ns);
void budget_give_back(struct budget *b, uint64_t peer, int64_t bytes);

#endif
