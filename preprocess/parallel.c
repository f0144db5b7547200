#include "preprocess/parallel.h"

#include <pthread.h>

struct task {
    void (*fn)(void *ctx, int thread);
    void *ctx;
    int thread;
};

static void *task_main(void *arg)
{
    struct task *t = arg;
    t->fn(t->ctx, t->thread);
    return NULL;
}

void parallel_run(int n, void (*fn)(void *ctx, int thread), void *ctx)
{
    struct task tasks[PARALLEL_MAX];
    pthread_t threads[PARALLEL_MAX];
    int started = 1;
    for (int i = 1; i < n && i < PARALLEL_MAX; i++) {
        tasks[i] = (struct task){fn, ctx, i};
        if (pthread_create(&threads[i], NULL, task_main, &tasks[i]) != 0) {
            break;
        }
        started = i + 1;
    }
    fn(ctx, 0);
    for (int i = 1; i < started; i++) {
        pthread_join(threads[i], NULL);
    }
}
