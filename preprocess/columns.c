#include "preprocess/columns.h"

#define NAME_MAX_N 40

struct alias {
    const char *name; /* normalised */
    enum column column;
};

/* One row a spelling that differs after normalising, by column; the comment names who writes it so.
 */
static const struct alias aliases[] = {
    {"trippickupdatetime", COL_PICKUP},    /* yellow 2009 */
    {"pickupdatetime", COL_PICKUP},        /* yellow 2010-14, fhv, fhvhv, Kaggle, renamed */
    {"tpeppickupdatetime", COL_PICKUP},    /* yellow 2015- */
    {"lpeppickupdatetime", COL_PICKUP},    /* green */
    {"pickupdate", COL_PICKUP},            /* fhv 2015-16 */
    {"tripdropoffdatetime", COL_DROPOFF},  /* yellow 2009 */
    {"dropoffdatetime", COL_DROPOFF},      /* yellow 2010-14, fhv, fhvhv, Kaggle, renamed */
    {"tpepdropoffdatetime", COL_DROPOFF},  /* yellow 2015- */
    {"lpepdropoffdatetime", COL_DROPOFF},  /* green */
    {"pulocationid", COL_PU_ZONE},         /* all since 2016-07 */
    {"pickuplocationid", COL_PU_ZONE},     /* renamed */
    {"locationid", COL_PU_ZONE},           /* fhv 2015-16 */
    {"dolocationid", COL_DO_ZONE},         /* all since 2016-07 */
    {"dropofflocationid", COL_DO_ZONE},    /* renamed */
    {"startlon", COL_PU_LON},              /* yellow 2009 */
    {"pickuplongitude", COL_PU_LON},       /* yellow 2010-16, green 2013-16, Kaggle */
    {"startlat", COL_PU_LAT},              /* yellow 2009 */
    {"pickuplatitude", COL_PU_LAT},        /* yellow 2010-16, green 2013-16, Kaggle */
    {"endlon", COL_DO_LON},                /* yellow 2009 */
    {"dropofflongitude", COL_DO_LON},      /* yellow 2010-16, green 2013-16, Kaggle */
    {"endlat", COL_DO_LAT},                /* yellow 2009 */
    {"dropofflatitude", COL_DO_LAT},       /* yellow 2010-16, green 2013-16, Kaggle */
    {"vendorname", COL_VENDOR},            /* yellow 2009 */
    {"vendorid", COL_VENDOR},              /* all other taxis */
    {"hvfhslicensenum", COL_HVFHS},        /* fhvhv */
    {"dispatchingbasenum", COL_BASE},      /* fhv, fhvhv */
    {"dispatchingbasenumber", COL_BASE_2}, /* fhv 2018, where the other is empty */
    {"passengercount", COL_PASSENGERS},    /* all taxis */
    {"tripdistance", COL_DISTANCE},        /* all taxis */
    {"tripmiles", COL_DISTANCE},           /* fhvhv */
    {"paymenttype", COL_PAYMENT},          /* all taxis */
    {"fareamt", COL_FARE},                 /* yellow 2009 */
    {"fareamount", COL_FARE},              /* all other taxis */
    {"basepassengerfare", COL_FARE},       /* fhvhv */
    {"tipamt", COL_TIP},                   /* yellow 2009 */
    {"tipamount", COL_TIP},                /* all other taxis */
    {"tips", COL_TIP},                     /* fhvhv */
    {"totalamt", COL_TOTAL},               /* yellow 2009 */
    {"totalamount", COL_TOTAL},            /* all other taxis */
};

struct column_info {
    enum cell_kind kind;
    const char *text;
};

#define COLUMN_ROW(id, kind, text) {CELL_##kind, text},
static const struct column_info infos[COL_N] = {COLUMNS(COLUMN_ROW)};

enum cell_kind columns_kind(enum column c)
{
    return infos[c].kind;
}

const char *columns_text(enum column c)
{
    return infos[c].text;
}

static struct tlc_str normalise(struct tlc_str name, char dst[NAME_MAX_N])
{
    size_t n = 0;
    for (size_t i = 0; i < name.n && n < NAME_MAX_N; i++) {
        const char c = name.p[i];
        if (c >= 'A' && c <= 'Z') {
            dst[n++] = (char)(c - 'A' + 'a');
        } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            dst[n++] = c;
        }
    }
    return (struct tlc_str){dst, n};
}

void columns_find(const struct tlc_str *names, int n, struct columns *ret)
{
    memset(ret, 0, sizeof *ret);
    for (int c = 0; c < COL_N; c++) {
        ret->field[c] = -1;
    }
    for (int i = 0; i < n && i < COLUMNS_FIELDS_MAX; i++) {
        char text[NAME_MAX_N];
        struct tlc_str name = normalise(names[i], text);
        if (names[i].n > 0) {
            ret->fields_n = i + 1;
        }
        ret->is_green = ret->is_green || tlc_str_eq(name, TLC_STR("lpeppickupdatetime"));
        ret->is_yellow = ret->is_yellow || tlc_str_eq(name, TLC_STR("tpeppickupdatetime"));
        ret->is_kaggle = ret->is_kaggle || tlc_str_eq(name, TLC_STR("tripduration"));
        for (size_t a = 0; a < TLC_COUNT(aliases); a++) {
            enum column c = aliases[a].column;
            if (ret->field[c] < 0 && tlc_str_eq(name, tlc_str_from(aliases[a].name))) {
                ret->field[c] = (int16_t)i;
                ret->has |= 1U << c;
            }
        }
    }
}

int columns_dataset(const struct columns *c)
{
    if (c->is_yellow) {
        return TLC_YELLOW;
    }
    if (c->is_green) {
        return TLC_GREEN;
    }
    if (c->field[COL_HVFHS] >= 0) {
        return TLC_FHVHV;
    }
    if (c->field[COL_BASE] >= 0 || c->field[COL_BASE_2] >= 0) {
        return TLC_FHV;
    }
    return c->is_kaggle ? TLC_OTHER : 0;
}

static void list_names(const struct tlc_str *names, int n, struct tlc_buf *out)
{
    for (int i = 0; i < n && out->n < 300; i++) {
        struct tlc_str name = names[i];
        tlc_buf_printf(out, "%s\"%.*s\"", i > 0 ? ", " : "", (int)(name.n < 40 ? name.n : 40),
                       name.n > 0 ? name.p : "");
    }
    /* What is no text must not reach a terminal. */
    for (size_t i = 0; i < out->n; i++) {
        unsigned char c = (unsigned char)out->p[i];
        if (c < 32 || c > 126) {
            out->p[i] = '?';
        }
    }
}

int columns_check(const struct columns *c, enum tlc_dataset dataset, const struct tlc_str *names,
                  int n, struct tlc_err *err)
{
    const bool zones = c->field[COL_PU_ZONE] >= 0 && c->field[COL_DO_ZONE] >= 0;
    const bool points = c->field[COL_PU_LON] >= 0 && c->field[COL_PU_LAT] >= 0 &&
                        c->field[COL_DO_LON] >= 0 && c->field[COL_DO_LAT] >= 0;
    const char *missing = NULL;
    if (c->field[COL_PICKUP] < 0) {
        missing = "a pickup time";
    } else if (dataset != TLC_FHV && c->field[COL_DROPOFF] < 0) {
        missing = "a drop-off time";
    } else if (dataset != TLC_FHV && !zones && !points) {
        missing = "pickup and drop-off zones or coordinates";
    }
    if (!missing) {
        return 0;
    }
    struct tlc_buf list;
    tlc_buf_init(&list, 4096);
    list_names(names, n, &list);
    int rc = tlc_err_fatal(
        err, TLC_EXIT_DATA, "not a %s%strip file: no column holds %s; its %d column%s: %s",
        dataset != 0 ? tlc_dataset_name((int32_t)dataset) : "", dataset != 0 ? " " : "", missing, n,
        n == 1 ? "" : "s", n > 0 ? tlc_buf_cstr(&list) : "(none)");
    tlc_buf_release(&list);
    return rc;
}
