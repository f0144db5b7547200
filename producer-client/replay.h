/* The replay: inputs -> pacer -> batches -> sender, in one thread.
 *
 * replay_step does one turn and never waits; replay_run waits between turns for replies, input,
 * timers and signals. Everything is kept in the struct, so that a test can drive it with its own
 * clock and transport. */
#ifndef PRODUCER_CLIENT_REPLAY_H
#define PRODUCER_CLIENT_REPLAY_H

#include <stdatomic.h>

#include "producer-client/merge.h"
#include "producer-client/pacer.h"
#include "producer-client/progress.h"
#include "producer-client/resume.h"
#include "producer-client/sender.h"
#include "producer-client/summary.h"

enum replay_phase {
    REPLAY_READING, /* until the inputs end and all is answered */
    REPLAY_CLOSING, /* close marks */
    REPLAY_DONE,
};

struct replay {
    const struct client_options *options;
    struct merge merge;
    struct pacer pacer;
    struct batches batches;
    struct sender sender;
    struct rejects rejects;
    struct resume resume;
    struct sources sources;
    struct progress progress;
    struct tlc_counters stats;
    struct tlc_http_client *http; /* NULL in tests */
    const char *names[INPUTS_MAX];
    struct position positions[INPUTS_MAX]; /* consumed so far */
    char *token;
    int wait_fd; /* epoll of stop and pipes */
    enum replay_phase phase;
    bool ended;    /* all inputs were read to their end */
    bool starved;  /* a pipe has nothing just now */
    bool draining; /* stop was asked */
    int64_t drain_until_ms;
    int64_t pace_wait_ms; /* until the next event is due */
    int64_t started_ms;
    int64_t first_s, last_s; /* event time that went into batches; INT64_MIN: none */
    atomic_bool want_pause;  /* set by signals */
};

/* Opens inputs, resume file, rejects file. ports NULL: the real HTTP client and clock. */
TLC_MUST int replay_open(struct replay *r, const struct client_options *options,
                         const struct tlc_opt_list *paths, const struct sender_ports *ports,
                         struct tlc_err *err);
void replay_close(struct replay *r);
/* One turn: reads what is due, seals, sends. */
TLC_MUST int replay_step(struct replay *r, int64_t now_ms, bool stop_asked, struct tlc_err *err);
/* How long nothing will happen by itself, from 0. */
int64_t replay_wait_ms(struct replay *r, int64_t now_ms);
/* Until the end, a stop or a failure; saves the resume file in any case. */
TLC_MUST int replay_run(struct replay *r, struct tlc_err *err);
/* From any thread. */
void replay_pause(void *replay);
void replay_continue(void *replay);
/* Prints and saves the account. */
TLC_MUST int replay_report(struct replay *r, struct tlc_err *err);
/* main's exit code for a run that did not fail. */
int replay_exit_code(const struct replay *r);

#endif
