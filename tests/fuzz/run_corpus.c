/* Stands in for libFuzzer: gives every file named on the command line, and every file below a
 * folder named there, to the fuzz target once. A target without a corpus fails: a test that ran
 * nothing proves nothing. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PATH_BYTES 4096
#define INPUT_MAX ((size_t)16 * 1024 * 1024)
#define DEPTH_MAX 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t inputs;

static int run_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *bytes = malloc(INPUT_MAX);
    if (f == NULL || bytes == NULL) {
        fprintf(stderr, "cannot read %s\n", path);
        free(bytes);
        if (f != NULL) {
            fclose(f);
        }
        return -1;
    }
    size_t n = fread(bytes, 1, INPUT_MAX, f);
    fclose(f);
    /* An exact copy, so that the address sanitizer sees a read past the end. */
    uint8_t *exact = malloc(n > 0 ? n : 1);
    if (exact != NULL) {
        memcpy(exact, bytes, n);
        LLVMFuzzerTestOneInput(exact, n);
        inputs++;
    }
    free(exact);
    free(bytes);
    return exact != NULL ? 0 : -1;
}

static int run_path(const char *path, int depth)
{
    struct stat st;
    if (stat(path, &st) != 0 || depth > DEPTH_MAX) {
        fprintf(stderr, "cannot read %s\n", path);
        return -1;
    }
    if (!S_ISDIR(st.st_mode)) {
        return run_file(path);
    }
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return -1;
    }
    int rc = 0;
    for (struct dirent *e = readdir(folder); e != NULL && rc == 0; e = readdir(folder)) {
        char below[PATH_BYTES];
        int n = snprintf(below, sizeof(below), "%s/%s", path, e->d_name);
        if (e->d_name[0] != '.' && n > 0 && (size_t)n < sizeof(below)) {
            rc = run_path(below, depth + 1);
        }
    }
    closedir(folder);
    return rc;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-' && run_path(argv[i], 0) != 0) {
            return 1;
        }
    }
    printf("%zu inputs\n", inputs);
    return inputs > 0 ? 0 : 1;
}
