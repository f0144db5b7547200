/* Any bytes as zone shapes: an error, or a grid that agrees with the slow search. */
#include "preprocess/zonegrid.h"
#include "tests/fuzz/preprocess/memfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct zone_shapes shapes;
    struct tlc_err err;
    char path[64];
    const int fd = memfile_open(data, size, path);
    if (zone_shapes_load(path, &shapes, &err) == 0) {
        struct zonegrid *g = zonegrid_new(&shapes);
        for (size_t i = 0; g && i < shapes.vertex_n && i < 1000; i++) {
            const int32_t x = (int32_t)(shapes.vertex[i].x / 1000);
            const int32_t y = (int32_t)(shapes.vertex[i].y / 1000);
            if (zonegrid_find(g, x, y) != zone_shapes_find(&shapes, x, y)) {
                abort();
            }
        }
        zonegrid_free(g);
        zone_shapes_release(&shapes);
    }
    close(fd);
    return 0;
}
