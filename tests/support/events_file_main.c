/* events_file.h for scripts: events_file write FILE N SECONDS_APART
 *                             events_file read BROKERS TOPIC PARTITIONS N
 * The latter prints: distinct copies marks disorders */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/events_file.h"

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "write") == 0) {
        events_file_write(argv[2], strtoul(argv[3], NULL, 10), strtol(argv[4], NULL, 10));
        return 0;
    }
    if (argc == 6 && strcmp(argv[1], "read") == 0) {
        struct events_seen s = events_file_seen_at(argv[2], argv[3], (int)strtol(argv[4], NULL, 10),
                                                   strtoul(argv[5], NULL, 10));
        printf("%zu %zu %zu %zu\n", s.distinct, s.copies, s.marks, s.disorders);
        return 0;
    }
    return 64;
}
