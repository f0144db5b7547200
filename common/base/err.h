/* What went wrong, in words for a person, and what the caller should do about it.
 *
 * A fallible function returns 0 or one of the classes below and then has set the text. Context is
 * put in front on the way up: "store batch 118: copy trip_start: connection lost". The struct is
 * the caller's, usually on the stack of main or of the loop; one thread at a time. */
#ifndef TLC_BASE_ERR_H
#define TLC_BASE_ERR_H

#include "common/base/str.h"

enum tlc_class {
    TLC_OK = 0,
    TLC_RETRY = -1,  /* the peer is away or busy: keep the work, wait, try again */
    TLC_REFUSE = -2, /* this record or request is bad: count it, keep it, go on with the next */
    TLC_STOP = -3,   /* asked to stop */
    TLC_FATAL = -4,  /* give up: report and exit with .exit_code */
};

/* Exit codes, from sysexits.h. */
enum tlc_exit {
    TLC_EXIT_OK = 0,
    TLC_EXIT_REFUSED = 1,      /* ran to its end, but some records were refused */
    TLC_EXIT_USAGE = 64,       /* wrong option or argument */
    TLC_EXIT_DATA = 65,        /* input is not what it should be */
    TLC_EXIT_NOINPUT = 66,     /* input is missing or unreadable */
    TLC_EXIT_UNAVAILABLE = 69, /* a server is not there */
    TLC_EXIT_SOFTWARE = 70,    /* our bug */
    TLC_EXIT_CANTCREAT = 73,   /* output cannot be made */
    TLC_EXIT_IO = 74,          /* reading or writing failed on the way */
    TLC_EXIT_CONFIG = 78,      /* configuration does not fit: schema, topic, token file */
};

struct tlc_err {
    enum tlc_class cls;
    int exit_code;   /* for TLC_FATAL; 0 reads as TLC_EXIT_SOFTWARE */
    char text[1024]; /* one line, NUL-terminated */
};

/* Sets text and class, returns the class. exit_code becomes TLC_EXIT_SOFTWARE until tlc_err_fatal
 * says otherwise. */
int tlc_err_set(struct tlc_err *err, enum tlc_class cls, const char *fmt, ...) TLC_PRINTF(3, 4);
/* TLC_FATAL with an exit code. */
int tlc_err_fatal(struct tlc_err *err, enum tlc_exit code, const char *fmt, ...) TLC_PRINTF(3, 4);
/* Puts "context: " in front; class and exit code stay. Returns the class. */
int tlc_err_note(struct tlc_err *err, const char *fmt, ...) TLC_PRINTF(2, 3);
/* The exit code for main: never 0. */
int tlc_err_exit_code(const struct tlc_err *err);

#endif
