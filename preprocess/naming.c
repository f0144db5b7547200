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

void naming_read(struct tlc_str base, struct naming *ret)
{
    static const struct tlc_str synthetic = {"synthetic_", 10};
    memset(ret, 0, sizeof *ret);
    if (tlc_str_starts(base, synthetic)) {
        ret->synthetic = true;
        base.p += synthetic.n;
        base.n -= synthetic.n;
    }
    struct tlc_str word = {base.p, 0};
    while (word.n < base.n && strchr("_-.", base.p[word.n]) == NULL) {
        word.n++;
    }
    enum tlc_dataset dataset;
    if (tlc_dataset_parse(word, &dataset) && dataset <= TLC_FHVHV) {
        ret->dataset = (int)dataset;
    }
    for (size_t i = 0; i + 7 <= base.n && ret->month == 0; i++) {
        bool alone =
            (i == 0 || !is_digit(base.p[i - 1])) && (i + 7 == base.n || !is_digit(base.p[i + 7]));
        int32_t month;
        if (alone && naming_month((struct tlc_str){base.p + i, 7}, &month)) {
            ret->month = month;
        }
    }
}
