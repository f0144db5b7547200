#include "preprocess/naming.h"

#include "common/event/tripid.h"

struct tlc_str naming_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return tlc_str_from(slash ? slash + 1 : path);
}

bool naming_month(struct tlc_str s, int32_t *ret_month)
{
    int64_t year, month;
    if (s.n != 7 || s.p[4] != '-' || s.p[0] != '2' ||
        !tlc_str_to_i64((struct tlc_str){s.p, 4}, 2007, 2068, &year) || s.p[5] < '0' ||
        s.p[5] > '1' || !tlc_str_to_i64((struct tlc_str){s.p + 5, 2}, 1, 12, &month)) {
        return false;
    }
    *ret_month = (int32_t)(year * 100 + month);
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* TLC's, ASCII case ignored, or 0. */
static int dataset_of(struct tlc_str word)
{
    for (int dataset = TLC_YELLOW; dataset <= TLC_FHVHV; dataset++) {
        if (tlc_str_eq_nocase(word, tlc_str_from(tlc_dataset_name(dataset)))) {
            return dataset;
        }
    }
    return 0;
}

/* The first word of a name is a dataset's, or 0. */
static int first_dataset(struct tlc_str name)
{
    struct tlc_str word = {name.p, 0};
    while (word.n < name.n && strchr("_-.", name.p[word.n]) == NULL) {
        word.n++;
    }
    return dataset_of(word);
}

/* "..._yellow_tripdata_2024-01": the dataset before the word, the month behind it. */
static void read_tripdata(struct tlc_str base, struct naming *ret)
{
    static const struct tlc_str word = {"tripdata", 8};
    for (size_t i = 1; i + word.n <= base.n; i++) {
        if (!tlc_str_eq_nocase((struct tlc_str){base.p + i, word.n}, word)) {
            continue;
        }
        size_t from = i - 1;
        while (from > 0 && strchr("_-.", base.p[from - 1]) == NULL) {
            from--;
        }
        ret->dataset = first_dataset((struct tlc_str){base.p + from, base.n - from});
        const size_t behind = i + word.n + 1;
        if (behind + 7 > base.n ||
            !naming_month((struct tlc_str){base.p + behind, 7}, &ret->month)) {
            ret->month = 0;
        }
        return;
    }
}

/* Any YYYY-MM; of several the first that is no part of a day's date. */
static int32_t any_month(struct tlc_str base)
{
    int32_t of_day = 0;
    for (size_t i = 0; i + 7 <= base.n; i++) {
        int32_t month;
        const char *behind = base.p + i + 7, *end = base.p + base.n;
        if ((i > 0 && is_digit(base.p[i - 1])) || (behind < end && is_digit(*behind)) ||
            !naming_month((struct tlc_str){base.p + i, 7}, &month)) {
            continue;
        }
        if (end - behind < 3 || *behind != '-' || !is_digit(behind[1]) || !is_digit(behind[2])) {
            return month;
        }
        of_day = of_day == 0 ? month : of_day;
    }
    return of_day;
}

/* "year=2024", "month=1", "puMonth=1", "month=2024-01", "yellow". */
static void read_folder(struct tlc_str folder, int64_t *year, int64_t *month, struct naming *ret)
{
    const char *equals = memchr(folder.p, '=', folder.n);
    const int dataset = first_dataset(folder);
    ret->folder_dataset = dataset != 0 ? dataset : ret->folder_dataset;
    if (!equals) {
        return;
    }
    const struct tlc_str key = {folder.p, (size_t)(equals - folder.p)};
    const struct tlc_str value = {equals + 1, folder.n - key.n - 1};
    const struct tlc_str tail_year = {key.n < 4 ? "" : equals - 4, key.n < 4 ? 0 : 4};
    const struct tlc_str tail_month = {key.n < 5 ? "" : equals - 5, key.n < 5 ? 0 : 5};
    if (tlc_str_eq_nocase(tail_year, TLC_STR("year"))) {
        if (!tlc_str_to_i64(value, 2007, 2068, year)) {
            *year = 0;
        }
    } else if (tlc_str_eq_nocase(tail_month, TLC_STR("month"))) {
        const size_t zero = value.n == 2 && value.p[0] == '0';
        if (!naming_month(value, &ret->folder_month) &&
            !tlc_str_to_i64((struct tlc_str){value.p + zero, value.n - zero}, 1, 12, month)) {
            *month = 0;
        }
    } else if (dataset_of(value) != 0) {
        ret->folder_dataset = dataset_of(value);
    }
}

static void read_folders(const char *path, struct tlc_str base, struct naming *ret)
{
    int64_t year = 0, month = 0;
    struct tlc_str rest = {path, (size_t)(base.p - path)}, folder;
    while (tlc_str_split(&rest, '/', &folder)) {
        if (folder.n > 0) {
            read_folder(folder, &year, &month, ret);
        }
    }
    if (ret->folder_month == 0 && year > 0 && month > 0) {
        ret->folder_month = (int32_t)(year * 100 + month);
    }
}

void naming_read(const char *path, struct naming *ret)
{
    static const struct tlc_str synthetic = {"synthetic_", 10};
    struct tlc_str base = naming_base(path);
    memset(ret, 0, sizeof *ret);
    read_folders(path, base, ret);
    if (tlc_str_starts(base, synthetic)) {
        ret->synthetic = true;
        base.p += synthetic.n;
        base.n -= synthetic.n;
    }
    read_tripdata(base, ret);
    ret->dataset = ret->dataset != 0 ? ret->dataset : first_dataset(base);
    ret->month = ret->month != 0          ? ret->month
                 : ret->folder_month != 0 ? ret->folder_month
                                          : any_month(base);
}
