#include "preprocess/order.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "preprocess/parallel.h"

#define BUCKETS_MAX 4096
#define DIGIT_BITS 11
#define INSERTION_MAX 48
#define SPILL_EVENTS 4096

static void *map(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                   -1, 0);
    if (p == MAP_FAILED) {
        return NULL;
    }
    madvise(p, bytes, MADV_HUGEPAGE);
    return p;
}

static void unmap(void *p, size_t bytes)
{
    if (p) {
        munmap(p, bytes);
    }
}

int order_init(struct order *o, int threads, int64_t memory_bytes, const char *temp_dir,
               struct tlc_err *err)
{
    memset(o, 0, sizeof *o);
    o->threads = threads;
    o->memory_bytes = memory_bytes;
    o->temp_dir = temp_dir;
    o->temp_fd = -1;
    o->first_s = INT64_MAX;
    o->last_s = INT64_MIN;
    size_t slots = (size_t)memory_bytes / ORDER_SLOT_BYTES;
    const size_t least = ORDER_RESERVE_MAX * ORDER_SLOT_POINT_BYTES / ORDER_SLOT_BYTES + 1;
    slots = slots < least ? least : slots;
    o->slots_max = slots < UINT32_MAX / 2 ? slots : UINT32_MAX / 2;
    o->trips = map(o->slots_max * sizeof *o->trips);
    o->points = map(o->slots_max * sizeof *o->points);
    o->keys = map(o->slots_max * 2 * sizeof *o->keys);
    o->sorted = map(o->slots_max * 2 * sizeof *o->sorted);
    o->bucket = malloc((BUCKETS_MAX + 1) * sizeof *o->bucket);
    o->run = malloc(ORDER_RUNS_MAX * sizeof *o->run);
    if (!o->trips || !o->points || !o->keys || !o->sorted || !o->bucket || !o->run) {
        order_release(o);
        return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "no memory for %zu rows: lower --memory",
                             slots);
    }
    ORDER_SHUT(o->trips, o->slots_max * sizeof *o->trips);
    ORDER_SHUT(o->points, o->slots_max * sizeof *o->points);
    return 0;
}

void order_release(struct order *o)
{
    ORDER_OPEN(o->trips, o->trips ? o->slots_max * sizeof *o->trips : 0);
    ORDER_OPEN(o->points, o->points ? o->slots_max * sizeof *o->points : 0);
    unmap(o->trips, o->slots_max * sizeof *o->trips);
    unmap(o->points, o->slots_max * sizeof *o->points);
    unmap(o->keys, o->slots_max * 2 * sizeof *o->keys);
    unmap(o->sorted, o->slots_max * 2 * sizeof *o->sorted);
    free(o->bucket);
    for (size_t i = 0; i < o->runs_n; i++) {
        free(o->run[i].samples);
    }
    free(o->run);
    if (o->temp_fd >= 0) {
        close(o->temp_fd);
    }
    memset(o, 0, sizeof *o);
    o->temp_fd = -1;
}

int order_begin(struct order *o, int32_t source, int64_t row, bool with_points, struct tlc_err *err)
{
    const size_t bytes = with_points || (o->with_points && o->slots_n > 0) ? ORDER_SLOT_POINT_BYTES
                                                                           : ORDER_SLOT_BYTES;
    o->slots_cap = (size_t)o->slots_max * ORDER_SLOT_BYTES / bytes;
    const bool mixed = with_points != o->with_points && o->slots_n > 0;
    if (mixed || o->slots_n > o->slots_cap || o->segments_n == ORDER_SEGMENTS_MAX) {
        int rc = order_spill(o, err);
        if (rc != 0) {
            return rc;
        }
    }
    o->with_points = with_points;
    o->slots_cap = (size_t)o->slots_max * ORDER_SLOT_BYTES /
                   (with_points ? ORDER_SLOT_POINT_BYTES : ORDER_SLOT_BYTES);
    o->segment[o->segments_n++] = (struct order_segment){(uint32_t)o->slots_n, source, row};
    return 0;
}

void order_note(struct order *o, int64_t first_s, int64_t last_s, int64_t events_n)
{
    o->first_s = first_s < o->first_s ? first_s : o->first_s;
    o->last_s = last_s > o->last_s ? last_s : o->last_s;
    o->events_n += events_n;
}

/* ---- sorting ---- */

struct sort_job {
    struct order *o;
    size_t parts;
    atomic_size_t next;
    uint64_t *place; /* parts x buckets: first a count, then where the part's next key of the bucket
                        goes */
};

static size_t bucket_of(const struct order *o, uint64_t key)
{
    return (size_t)(((int64_t)(key >> 32) - (o->first_s - TLC_TIME_MIN_S)) >> o->shift);
}

static void part_span(const struct sort_job *job, size_t part, size_t *ret_from, size_t *ret_to)
{
    const size_t n = job->o->slots_n * 2;
    *ret_from = n / job->parts * part;
    *ret_to = part + 1 == job->parts ? n : n / job->parts * (part + 1);
}

static void count_parts(void *ctx, int thread)
{
    struct sort_job *job = ctx;
    const struct order *o = job->o;
    (void)thread;
    for (size_t part; (part = atomic_fetch_add(&job->next, 1)) < job->parts;) {
        size_t i, to;
        uint64_t *place = job->place + part * o->buckets_n;
        for (part_span(job, part, &i, &to); i < to; i++) {
            if (o->keys[i] != ORDER_NO_KEY) {
                place[bucket_of(o, o->keys[i])]++;
            }
        }
    }
}

static void scatter_parts(void *ctx, int thread)
{
    struct sort_job *job = ctx;
    const struct order *o = job->o;
    (void)thread;
    for (size_t part; (part = atomic_fetch_add(&job->next, 1)) < job->parts;) {
        size_t i, to;
        uint64_t *place = job->place + part * o->buckets_n;
        for (part_span(job, part, &i, &to); i < to; i++) {
            if (o->keys[i] != ORDER_NO_KEY) {
                o->sorted[place[bucket_of(o, o->keys[i])]++] = o->keys[i];
            }
        }
    }
}

int order_sort(struct order *o, struct tlc_err *err)
{
    o->shift = 0;
    o->buckets_n = 1;
    if (o->events_n > 0) {
        while ((o->last_s - o->first_s) >> o->shift >= BUCKETS_MAX) {
            o->shift++;
        }
        o->buckets_n = (size_t)((o->last_s - o->first_s) >> o->shift) + 1;
    }
    struct sort_job job = {.o = o, .parts = (size_t)o->threads};
    job.place = calloc(job.parts * o->buckets_n, sizeof *job.place);
    if (!job.place) {
        return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "no memory to sort");
    }
    parallel_run(o->threads, count_parts, &job);
    uint64_t at = 0;
    for (size_t b = 0; b < o->buckets_n; b++) {
        o->bucket[b] = at;
        for (size_t part = 0; part < job.parts; part++) {
            const uint64_t n = job.place[part * o->buckets_n + b];
            job.place[part * o->buckets_n + b] = at;
            at += n;
        }
    }
    o->bucket[o->buckets_n] = at;
    atomic_store(&job.next, 0);
    parallel_run(o->threads, scatter_parts, &job);
    free(job.place);
    return 0;
}

static void insertion_sort(uint64_t *k, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        const uint64_t x = k[i];
        size_t j = i;
        for (; j > 0 && k[j - 1] > x; j--) {
            k[j] = k[j - 1];
        }
        k[j] = x;
    }
}

const uint64_t *order_bucket(struct order *o, size_t b, size_t *ret_n)
{
    const size_t from = o->bucket[b], n = o->bucket[b + 1] - from;
    uint64_t *k = o->sorted + from, *other = o->keys + from;
    *ret_n = n;
    if (n <= INSERTION_MAX) {
        insertion_sort(k, n);
        return k;
    }
    /* Keys arrived in the order of slots, so a stable sort by the seconds within the bucket is all
     * that is missing. */
    const uint64_t base = (uint64_t)(o->first_s - TLC_TIME_MIN_S) << 32;
    for (int done = 0; done < o->shift; done += DIGIT_BITS) {
        uint32_t count[(1 << DIGIT_BITS) + 1] = {0};
        const int at = 32 + done;
        const int width = o->shift - done < DIGIT_BITS ? o->shift - done : DIGIT_BITS;
        const uint64_t mask = (UINT64_C(1) << width) - 1;
        for (size_t i = 0; i < n; i++) {
            count[((k[i] - base) >> at & mask) + 1]++;
        }
        for (size_t i = 0; i < mask; i++) {
            count[i + 1] += count[i];
        }
        for (size_t i = 0; i < n; i++) {
            other[count[(k[i] - base) >> at & mask]++] = k[i];
        }
        uint64_t *swap = k;
        k = other;
        other = swap;
    }
    return k;
}

void order_event(const struct order *o, uint64_t key, size_t *hint, struct tlc_event *ret)
{
    const uint32_t slot = (uint32_t)key >> 1;
    const struct trip *t = &o->trips[slot];
    size_t s = *hint;
    if (slot < o->segment[s].from || (s + 1 < o->segments_n && slot >= o->segment[s + 1].from)) {
        for (s = 0; s + 1 < o->segments_n && slot >= o->segment[s + 1].from; s++) {
        }
        *hint = s;
    }
    const struct order_segment *g = &o->segment[s];
    ret->trip_id = tlc_tripid_make(g->source, g->row + (int64_t)(slot - g->from));
    ret->at_s = (int64_t)(key >> 32) + TLC_TIME_MIN_S;
    ret->vendor_id = t->vendor_id;
    ret->distance_cmi = t->distance_cmi;
    ret->fare_cents = t->fare_cents;
    ret->tip_cents = t->tip_cents;
    ret->total_cents = t->total_cents;
    ret->passengers = t->passengers;
    ret->payment = t->payment;
    ret->lon_e6 = ret->lat_e6 = 0;
    const bool end = key & 1;
    ret->status = end ? TLC_END : TLC_START;
    ret->zone_id = end ? t->do_zone : t->pu_zone;
    ret->has = end ? t->has_end : t->has_start;
    if (ret->has & TLC_HAS_POINT) {
        const struct trip_points *p = &o->points[slot];
        ret->lon_e6 = end ? p->do_lon_e6 : p->pu_lon_e6;
        ret->lat_e6 = end ? p->do_lat_e6 : p->pu_lat_e6;
    }
}

/* ---- spilling ---- */

struct spill_job {
    struct order *o;
    struct order_run *run;
    atomic_size_t next;
    atomic_int failed_errno;
};

static int open_temp(struct order *o, struct tlc_err *err)
{
    char path[4096];
    int fd = open(o->temp_dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) {
        snprintf(path, sizeof path, "%s/preprocess-XXXXXX", o->temp_dir);
        fd = mkostemp(path, O_CLOEXEC);
        if (fd >= 0) {
            unlink(path); /* nothing is left behind, however the program ends */
        }
    }
    if (fd < 0) {
        return tlc_err_fatal(
            err, TLC_EXIT_CANTCREAT,
            "%s: cannot make a file for sorted runs: %s; --temp names another folder", o->temp_dir,
            strerror(errno));
    }
    o->temp_fd = fd;
    return 0;
}

static int check_space(const struct order *o, struct tlc_err *err)
{
    struct statvfs fs;
    if (fstatvfs(o->temp_fd, &fs) != 0) {
        return 0;
    }
    const double here = (double)(o->events_n * (int64_t)sizeof(struct tlc_event));
    const double all = o->read_fraction > 0.001 ? here / o->read_fraction : here;
    const double free_bytes = (double)fs.f_bavail * (double)fs.f_frsize;
    if (all > free_bytes) {
        return tlc_err_fatal(
            err, TLC_EXIT_CANTCREAT,
            "%s: sorted runs need some %.1f GiB, %.1f GiB are free; --temp names another "
            "folder, --memory avoids them",
            o->temp_dir, all / (1 << 30), free_bytes / (1 << 30));
    }
    return 0;
}

static bool write_at(int fd, const void *bytes, size_t n, int64_t at)
{
    const char *p = bytes;
    while (n > 0) {
        ssize_t w = pwrite(fd, p, n, at);
        if (w < 0 && errno != EINTR) {
            return false;
        }
        if (w > 0) {
            p += w;
            n -= (size_t)w;
            at += w;
        }
    }
    return true;
}

static bool spill_bucket(struct spill_job *job, size_t b, struct tlc_event *events, size_t *hint)
{
    struct order *o = job->o;
    size_t n;
    const uint64_t *keys = order_bucket(o, b, &n);
    int64_t at = (int64_t)o->bucket[b];
    for (size_t done = 0; done < n;) {
        size_t take = n - done < SPILL_EVENTS ? n - done : SPILL_EVENTS;
        for (size_t i = 0; i < take; i++) {
            order_event(o, keys[done + i], hint, &events[i]);
            const int64_t number = at + (int64_t)i;
            if (number % ORDER_SAMPLE == 0) {
                job->run->samples[number / ORDER_SAMPLE] = events[i].at_s;
            }
        }
        if (!write_at(o->temp_fd, events, take * sizeof *events,
                      job->run->at + at * (int64_t)sizeof *events)) {
            atomic_store(&job->failed_errno, errno);
            return false;
        }
        done += take;
        at += (int64_t)take;
    }
    return true;
}

static void spill_buckets(void *ctx, int thread)
{
    struct spill_job *job = ctx;
    size_t hint = 0;
    (void)thread;
    struct tlc_event *events = calloc(SPILL_EVENTS, sizeof *events);
    if (!events) {
        atomic_store(&job->failed_errno, ENOMEM);
        return;
    }
    for (size_t b; (b = atomic_fetch_add(&job->next, 1)) < job->o->buckets_n;) {
        if (atomic_load(&job->failed_errno) != 0 || !spill_bucket(job, b, events, &hint)) {
            break;
        }
    }
    free(events);
}

int order_spill(struct order *o, struct tlc_err *err)
{
    int rc = o->temp_fd >= 0 ? 0 : open_temp(o, err);
    if (rc == 0 && o->runs_n == 0) {
        rc = check_space(o, err);
    }
    if (rc == 0 && o->runs_n == ORDER_RUNS_MAX) {
        rc = tlc_err_fatal(err, TLC_EXIT_USAGE, "too many sorted runs: raise --memory");
    }
    if (rc == 0) {
        rc = order_sort(o, err);
    }
    if (rc != 0) {
        return rc;
    }
    struct order_run *run = &o->run[o->runs_n];
    run->at = o->temp_bytes;
    run->events_n = o->events_n;
    run->samples = malloc(((size_t)(o->events_n / ORDER_SAMPLE) + 1) * sizeof *run->samples);
    struct spill_job job = {.o = o, .run = run};
    if (!run->samples) {
        return tlc_err_fatal(err, TLC_EXIT_SOFTWARE, "no memory to sort");
    }
    o->runs_n++;
    parallel_run(o->threads, spill_buckets, &job);
    if (atomic_load(&job.failed_errno) != 0) {
        return tlc_err_fatal(err, TLC_EXIT_IO,
                             "%s: writing a sorted run: %s; --temp names another folder",
                             o->temp_dir, strerror(atomic_load(&job.failed_errno)));
    }
    o->temp_bytes += o->events_n * (int64_t)sizeof(struct tlc_event);
    ORDER_SHUT(o->trips, o->slots_n * sizeof *o->trips);
    ORDER_SHUT(o->points, o->slots_n * sizeof *o->points);
    o->slots_n = o->segments_n = 0;
    o->events_n = 0;
    o->first_s = INT64_MAX;
    o->last_s = INT64_MIN;
    return 0;
}
