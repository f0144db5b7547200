#include "preprocess/columns.h"

#define NAME_MAX_N 40

/* Datasets whose own name it is. */
#define Y (1U << TLC_YELLOW)
#define G (1U << TLC_GREEN)
#define F (1U << TLC_FHV)
#define H (1U << TLC_FHVHV)
#define K (1U << TLC_OTHER)
#define TAXIS (Y | G)
#define ALL (Y | G | F | H | K)

struct alias {
    const char *name; /* normalised */
    enum column column;
    unsigned own;  /* TLC's name of it in files of these datasets */
    unsigned only; /* nothing in other datasets' files: 0 for "may be, in any" */
};

/* One row a spelling that differs after normalising, by column, the newest first; the comment names
 * who writes it so. */
static const struct alias aliases[] = {
    {"tpeppickupdatetime", COL_PICKUP, Y, 0},         /* 2015- */
    {"lpeppickupdatetime", COL_PICKUP, G, 0},         /* all */
    {"pickupdatetime", COL_PICKUP, Y | F | H | K, 0}, /* yellow 2010-14, all fhv, Kaggle */
    {"trippickupdatetime", COL_PICKUP, Y, 0},         /* 2009 */
    {"pickupdate", COL_PICKUP, F, F}, /* 2015-16; in others a day, by whoever derived it */
    {"pickup", COL_PICKUP, 0, 0},     /* seaborn */
    {"tpepdropoffdatetime", COL_DROPOFF, Y, 0},
    {"lpepdropoffdatetime", COL_DROPOFF, G, 0},
    {"dropoffdatetime", COL_DROPOFF, Y | F | H | K, 0},
    {"tripdropoffdatetime", COL_DROPOFF, Y, 0},
    {"dropoff", COL_DROPOFF, 0, 0},           /* seaborn */
    {"pulocationid", COL_PU_ZONE, ALL, 0},    /* all since 2016-07 */
    {"locationid", COL_PU_ZONE, F, F},        /* 2015-16; in others a zone table's, joined */
    {"pickuplocationid", COL_PU_ZONE, 0, 0},  /* BigQuery, Great Expectations */
    {"dolocationid", COL_DO_ZONE, ALL, 0},    /* all since 2016-07 */
    {"dropofflocationid", COL_DO_ZONE, 0, 0}, /* BigQuery, Great Expectations */
    {"pickupzone", COL_PU_ZONE_NAME, 0, 0},   /* seaborn */
    {"dropoffzone", COL_DO_ZONE_NAME, 0, 0},  /* seaborn */
    {"pickuplongitude", COL_PU_LON, ALL, 0},  /* yellow 2010-16, green 2013-16, Kaggle */
    {"startlon", COL_PU_LON, Y, 0},           /* 2009; Azure's of all years */
    {"pickuplatitude", COL_PU_LAT, ALL, 0},
    {"startlat", COL_PU_LAT, Y, 0},
    {"dropofflongitude", COL_DO_LON, ALL, 0},
    {"endlon", COL_DO_LON, Y, 0},
    {"dropofflatitude", COL_DO_LAT, ALL, 0},
    {"endlat", COL_DO_LAT, Y, 0},
    {"vendorid", COL_VENDOR, TAXIS | K, 0}, /* all taxis */
    {"vendorname", COL_VENDOR, Y, 0},       /* 2009 */
    {"hvfhslicensenum", COL_HVFHS, H, 0},
    {"dispatchingbasenum", COL_BASE, F | H, 0},
    {"dispatchbasenum", COL_BASE, 0, 0},         /* Azure */
    {"dispatchingbasenumber", COL_BASE_2, F, 0}, /* 2018, where the other is empty */
    {"passengercount", COL_PASSENGERS, TAXIS | K, 0},
    {"passengers", COL_PASSENGERS, 0, 0}, /* seaborn */
    {"tripdistance", COL_DISTANCE, TAXIS, 0},
    {"tripmiles", COL_DISTANCE, H, 0},
    {"distance", COL_DISTANCE, 0, 0}, /* seaborn */
    {"paymenttype", COL_PAYMENT, TAXIS, 0},
    {"payment", COL_PAYMENT, 0, 0}, /* seaborn */
    {"fareamount", COL_FARE, TAXIS, 0},
    {"fareamt", COL_FARE, Y, 0}, /* 2009 */
    {"basepassengerfare", COL_FARE, H, 0},
    {"fare", COL_FARE, 0, 0}, /* seaborn */
    {"tipamount", COL_TIP, TAXIS, 0},
    {"tipamt", COL_TIP, Y, 0}, /* 2009 */
    {"tips", COL_TIP, H, 0},
    {"tip", COL_TIP, 0, 0}, /* seaborn */
    {"totalamount", COL_TOTAL, TAXIS, 0},
    {"totalamt", COL_TOTAL, Y, 0}, /* 2009 */
    {"total", COL_TOTAL, 0, 0},    /* seaborn */
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

void columns_traits(const struct tlc_str *names, int n, struct column_traits *ret)
{
    static const char *const lpep[] = {"lpeppickupdatetime", "lpepdropoffdatetime"};
    static const char *const tpep[] = {"tpeppickupdatetime", "tpepdropoffdatetime"};
    *ret = (struct column_traits){.lpep = {-1, -1}, .tpep = {-1, -1}};
    for (int i = 0; i < n && i < COLUMNS_FIELDS_MAX; i++) {
        char text[NAME_MAX_N];
        const struct tlc_str name = normalise(names[i], text);
        for (int end = 0; end < 2; end++) {
            ret->lpep[end] =
                tlc_str_eq(name, tlc_str_from(lpep[end])) ? (int16_t)i : ret->lpep[end];
            ret->tpep[end] =
                tlc_str_eq(name, tlc_str_from(tpep[end])) ? (int16_t)i : ret->tpep[end];
        }
        ret->hvfhs = ret->hvfhs || tlc_str_eq(name, TLC_STR("hvfhslicensenum"));
        ret->base = ret->base || tlc_str_eq(name, TLC_STR("dispatchingbasenum")) ||
                    tlc_str_eq(name, TLC_STR("dispatchingbasenumber")) ||
                    tlc_str_eq(name, TLC_STR("dispatchbasenum"));
        ret->trip_duration = ret->trip_duration || tlc_str_eq(name, TLC_STR("tripduration"));
        ret->borough = ret->borough || tlc_str_eq(name, TLC_STR("pickupborough"));
    }
}

int columns_dataset(const struct column_traits *t)
{
    if (t->tpep[0] >= 0) {
        return TLC_YELLOW;
    }
    if (t->lpep[0] >= 0) {
        return TLC_GREEN;
    }
    if (t->hvfhs) {
        return TLC_FHVHV;
    }
    return t->base ? TLC_FHV : t->trip_duration || t->borough ? TLC_OTHER : 0;
}

/* Of alias a in a file of the dataset, lower is better: TLC's own by their order, then TLC's of
 * other datasets, then re-writers'. RANK_NONE: it means nothing there. */
#define RANK_NONE INT32_MAX
static int32_t rank_of(size_t a, int dataset)
{
    const unsigned bit = 1U << dataset;
    if (dataset != 0 && aliases[a].only != 0 && (aliases[a].only & bit) == 0) {
        return RANK_NONE;
    }
    return aliases[a].own & bit ? (int32_t)a : aliases[a].own != 0 ? 1000 : 2000;
}

static void take(struct columns *ret, int32_t best[COL_N], enum column c, int32_t rank, int field)
{
    if (rank < best[c]) {
        best[c] = rank;
        ret->field[c] = (int16_t)field;
        ret->has |= 1U << c;
        int kept = 0; /* twins of what has lost are none */
        for (int i = 0; i < ret->twins_n; i++) {
            if (ret->twin[i].column != c) {
                ret->twin[kept++] = ret->twin[i];
            }
        }
        ret->twins_n = kept;
    } else if (rank == best[c] && rank != RANK_NONE && ret->twins_n < COLUMN_TWINS_MAX) {
        ret->twin[ret->twins_n++] = (struct column_twin){c, ret->field[c], (int16_t)field};
    }
}

void columns_find(const struct tlc_str *names, int n, int dataset, struct columns *ret)
{
    int32_t best[COL_N];
    memset(ret, 0, sizeof *ret);
    for (int c = 0; c < COL_N; c++) {
        ret->field[c] = -1;
        best[c] = RANK_NONE;
    }
    for (int i = 0; i < n && i < COLUMNS_FIELDS_MAX; i++) {
        char text[NAME_MAX_N];
        const struct tlc_str name = normalise(names[i], text);
        if (names[i].n > 0) {
            ret->fields_n = i + 1;
        }
        for (size_t a = 0; a < TLC_COUNT(aliases); a++) {
            if (tlc_str_eq(name, tlc_str_from(aliases[a].name))) {
                take(ret, best, aliases[a].column, rank_of(a, dataset), i);
            }
        }
    }
}

static bool has(const struct columns *c, enum column column)
{
    return (c->has >> column & 1U) != 0;
}

bool columns_have_points(const struct columns *c)
{
    return (has(c, COL_PU_LON) && has(c, COL_PU_LAT)) || (has(c, COL_DO_LON) && has(c, COL_DO_LAT));
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
    const bool start = has(c, COL_PU_ZONE) || has(c, COL_PU_ZONE_NAME) ||
                       (has(c, COL_PU_LON) && has(c, COL_PU_LAT));
    const bool end = has(c, COL_DO_ZONE) || has(c, COL_DO_ZONE_NAME) ||
                     (has(c, COL_DO_LON) && has(c, COL_DO_LAT));
    const char *missing = NULL;
    if (!has(c, COL_PICKUP)) {
        missing = "a pickup time";
    } else if (dataset != TLC_FHV && !has(c, COL_DROPOFF)) {
        missing = "a drop-off time";
    } else if (dataset != TLC_FHV && !(start && end)) {
        missing = "pickup and drop-off zones or coordinates";
    }
    if (!missing) {
        return 0;
    }
    struct tlc_buf list;
    tlc_buf_init(&list, 4096);
    list_names(names, n, &list);
    const bool named = dataset != 0 && dataset != TLC_OTHER;
    int rc = tlc_err_fatal(err, TLC_EXIT_DATA,
                           "not a %s%strip file: no column holds %s; its %d column%s: %s",
                           named ? tlc_dataset_name((int32_t)dataset) : "", named ? " " : "",
                           missing, n, n == 1 ? "" : "s", n > 0 ? tlc_buf_cstr(&list) : "(none)");
    tlc_buf_release(&list);
    return rc;
}
