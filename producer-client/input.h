/* One input of events: a file or standard input, read in blocks, line by line, never re-encoded.
 *
 * A line's time and TripID come from a scan of the canonical layout, else from the codec. A line
 * that neither can read keeps the time of the line before it and goes to the server all the same:
 * the server is the one who refuses. A line is valid until the next input_next. One thread. */
#ifndef PRODUCER_CLIENT_INPUT_H
#define PRODUCER_CLIENT_INPUT_H

#include "common/base/err.h"

#define INPUT_BLOCK_BYTES ((size_t)512 * 1024)
#define INPUT_LINE_MAX ((size_t)64 * 1024) /* a longer line: this is no events file */

struct input_scan {
    char date[10]; /* the last date seen and its midnight as if UTC */
    int64_t date_s;
};

struct input {
    const char *path; /* borrowed; "-" = standard input */
    int fd;
    bool regular;   /* a file: its size is known and reading never waits */
    int64_t size;   /* bytes when opened; 0 unless regular */
    char *block;    /* INPUT_BLOCK_BYTES */
    size_t from, n; /* unread bytes of the block: [from, n) */
    bool at_end;    /* read() gave 0 */
    struct input_scan scan;
    /* The current line. */
    struct tlc_str line; /* without its line feed */
    int64_t line_no;     /* from 1 */
    int64_t offset;      /* bytes of the input up to and with this line */
    int64_t event_s;     /* INT64_MIN: no line so far could be read */
    int64_t trip_id;     /* 0: the line could not be read */
    int64_t undecoded_n; /* such lines so far */
};

enum input_state {
    INPUT_LINE, /* the current line is set */
    INPUT_WAIT, /* a pipe has nothing just now */
    INPUT_END,
};

/* TLC_FATAL with exit code 66 when it cannot be opened. */
TLC_MUST int input_open(struct input *in, const char *path, struct tlc_err *err);
void input_close(struct input *in);
/* Goes to an offset that input_next once gave, with the line's number and time; reads over that
 * much where it cannot seek. */
TLC_MUST int input_skip(struct input *in, int64_t offset, int64_t line_no, int64_t event_s,
                        struct tlc_err *err);
/* Blank lines are left out. */
TLC_MUST int input_next(struct input *in, enum input_state *ret_state, struct tlc_err *err);
/* Reads time and TripID of a line; false when it is no event. Pure but for its cache. */
bool input_scan_line(struct input_scan *scan, struct tlc_str line, int64_t *ret_event_s,
                     int64_t *ret_trip_id);

#endif
