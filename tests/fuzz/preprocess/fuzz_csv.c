/* Any bytes as a CSV or gzip file: an error, or every row a trip or a reject. */
#include "preprocess/reader_csv.h"
#include "tests/fuzz/preprocess/memfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_rows(struct csv_reader *r)
{
    struct tlc_err err;
    struct order order;
    struct rejects rejects = {NULL, TLC_STR("fuzz")};
    struct progress progress;
    struct intake intake;
    struct clean clean;
    struct columns columns;
    clean_init(&clean);
    clean.max_duration_s = clean.long_s = 86400;
    columns_find(r->names, r->names_n, TLC_FHV, &columns);
    clean_file(&clean, tlc_source_make(TLC_FHV, 201501), columns.has);
    if (order_init(&order, 1, 1, "/tmp", &err) != 0) {
        abort();
    }
    progress_init(&progress, true, 0, 0);
    intake_init(&intake, &order, &rejects, &progress);
    if (intake_begin(&intake, tlc_source_make(TLC_FHV, 201501), 1, columns_have_points(&columns),
                     &err) != 0) {
        abort();
    }
    const struct reading how = {.columns = &columns,
                                .order = DATE_ORDER_DMY,
                                .clean = &clean,
                                .intake = &intake,
                                .threads = 1};
    const int rc = csv_read(r, &how, &err);
    if (rc == 0 && intake.tally.rows != intake.tally.rejected + intake.tally.trips) {
        abort();
    }
    intake_release(&intake);
    progress_release(&progress);
    order_release(&order);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct input in;
    static struct csv_reader r;
    struct tlc_err err;
    char path[64];
    const int fd = memfile_open(data, size, path);
    if (input_open(&in, path, &err) == 0) {
        if (in.kind != INPUT_PARQUET && csv_open(&r, &in, &err) == 0) {
            read_rows(&r);
            csv_close(&r);
        }
        input_close(&in);
    }
    close(fd);
    return 0;
}
