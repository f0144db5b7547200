/* consumer-process as a whole: Kafka in, partitions, windows out to the dashboard, offsets
 * committed.
 *
 * One thread turns process_step: read what is there, apply it, start a post when one is due, commit
 * now and then. Only the status server has threads of its own; they read counters and a text that
 * report.c renders under a lock. */
#ifndef PROCESS_PROCESS_H
#define PROCESS_PROCESS_H

#include <pthread.h>

#include "common/base/counters.h"
#include "common/io/http_client.h"
#include "common/io/kafka_consumer.h"
#include "common/io/status_http.h"
#include "consumer-process/options.h"
#include "consumer-process/partition.h"
#include "consumer-process/publish.h"

#define PROCESS_COUNTERS(X)                                                                        \
    X(PROCESS_READ, "messages_read", COUNTER, "messages", "Messages applied by this process")      \
    X(PROCESS_BYTES, "read_bytes", COUNTER, "bytes", "Bytes of their values")                      \
    X(PROCESS_MATCHED, "trips_matched", COUNTER, "trips", "Starts and ends that met")              \
    X(PROCESS_ORPHANS, "orphan_ends", COUNTER, "events", "Ends whose start never came")            \
    X(PROCESS_EXPIRED, "expired_starts", COUNTER, "events", "Starts whose end never came")         \
    X(PROCESS_FINAL, "windows_final", COUNTER, "windows", "Windows that became final")             \
    X(PROCESS_OPEN, "open_trips", GAUGE, "trips", "Trips under way that are remembered")           \
    X(PROCESS_WINDOWS, "windows_held", GAUGE, "windows", "Windows in memory")                      \
    X(PROCESS_WINDOWS_BYTES, "windows_bytes", GAUGE, "bytes", "Memory of these windows")           \
    X(PROCESS_WAITING, "windows_waiting", GAUGE, "windows",                                        \
      "Changed windows that wait to be sent")                                                      \
    X(PROCESS_POSTS, "posts", COUNTER, "requests", "Posts that the dashboard took")                \
    X(PROCESS_POSTS_FAILED, "posts_failed", COUNTER, "requests", "Posts that it did not take")     \
    X(PROCESS_SENT, "windows_sent", COUNTER, "windows", "Windows in posts that it took")           \
    X(PROCESS_SENT_BYTES, "sent_bytes", COUNTER, "bytes", "Bytes of these posts")                  \
    X(PROCESS_REFUSED, "windows_refused", COUNTER, "windows",                                      \
      "Windows that the dashboard did not take, by name in the log and on its page")               \
    X(PROCESS_COMMITS, "commits", COUNTER, "commits", "Offsets committed")                         \
    X(PROCESS_COMMITS_KEPT, "commits_kept", COUNTER, "commits",                                    \
      "Times an older commit was left in place because a new one could not be written")            \
    X(PROCESS_REBUILDS, "rebuilds", COUNTER, "partitions", "Partitions read from the log's start") \
    X(PROCESS_RECOVERING, "partitions_recovering", GAUGE, "partitions",                            \
      "Partitions that read again what was read before")                                           \
    X(PROCESS_PAUSES, "pauses", COUNTER, "pauses", "Times reading paused for the dashboard")       \
    X(PROCESS_OPEN_EXCESS, "open_trips_excess", COUNTER, "trips", "Beyond the most open trips")    \
    X(PROCESS_SEEN_EXCESS, "seen_excess", COUNTER, "events", "Beyond the largest seen-set")        \
    X(PROCESS_ROUTES_EXCESS, "routes_excess", COUNTER, "trips",                                    \
      "Beyond the most routes of a window")
enum process_counter { PROCESS_COUNTERS(TLC_COUNTER_ENUM) PROCESS_COUNTER_N };

enum process_state {
    PROCESS_STARTING, /* no partition yet */
    PROCESS_RUNNING,
    PROCESS_NO_BROKER,
    PROCESS_ASKING, /* the dashboard, which log its windows are of */
    PROCESS_PAUSED, /* windows-memory is spent: the dashboard has to take some first */
    PROCESS_DRAINING
};

struct slot {
    struct partition *partition; /* NULL: not ours */
    char store_id[STORE_ID_MAX +
                  1]; /* who acknowledged what the commit it began from left out; "" = nobody */
    int64_t committed_position;
    struct tally tally; /* what the counters have of it */
};

struct process {
    const struct process_options *options;
    struct rules rules;
    struct window_pool pool;
    struct publisher publisher;
    struct tlc_kafka_consumer *consumer;
    struct tlc_http_client *client;
    char url[1024];     /* of the dashboard's route */
    struct slot *slots; /* by partition number */
    size_t slots_n;
    struct tlc_buf metadata;
    int64_t now_ms, next_commit_ms, next_report_ms;
    bool paused;
    bool broker_away, dashboard_away; /* as logged last */
    bool asks_dashboard;              /* a partition waits for its first answer */
    bool commit_failing;              /* the last one */

    struct tlc_counters counters;
    _Atomic int state; /* enum process_state */
    _Atomic bool dashboard_trouble;
    _Atomic bool dashboard_refuses; /* whatever it is sent */
    _Atomic bool windows_refused;   /* some stand refused */
    pthread_mutex_t lock;           /* of what the status threads read: */
    struct tlc_buf detail;
};

/* Fills rules from options. TLC_FATAL when they do not go together. */
TLC_MUST int process_rules(const struct process_options *options, struct rules *ret,
                           struct tlc_err *err);
TLC_MUST int process_open(struct process *p, const struct process_options *options,
                          struct tlc_err *err);
/* One turn; waits up to wait_ms for messages. TLC_FATAL: give up. */
TLC_MUST int process_step(struct process *p, int64_t wait_ms, struct tlc_err *err);
/* Turns until a stop is asked, then sends what waits (a few seconds at most) and commits. */
TLC_MUST int process_run(struct process *p, struct tlc_err *err);
void process_close(struct process *p);

/* report.c: brings counters and the status text up to date. */
void process_report(struct process *p);
/* Elements of "partitions" in a post. */
void process_write_partitions(void *process, struct jsonout *j);
/* Those of "logs": where each partition was read last. */
void process_write_logs(void *process, struct jsonout *j);
/* status with everything but its routes. */
void process_status_init(struct process *p, struct tlc_status *ret);

#endif
