#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/io/kafka_consumer.h"

const char *tlc_kafka_instance_name(const char *given, const char *listen,
                                    char dst[TLC_KAFKA_INSTANCE_MAX])
{
    if (given) {
        return strcmp(given, "-") == 0 ? NULL : given;
    }
    char host[128];
    size_t n = strlen(listen);
    bool any_port = n >= 2 && strcmp(listen + n - 2, ":0") == 0;
    if (any_port || gethostname(host, sizeof(host)) != 0) {
        return NULL;
    }
    host[sizeof(host) - 1] = '\0';
    (void)snprintf(dst, TLC_KAFKA_INSTANCE_MAX, "%s-%s", host, listen);
    for (char *c = dst; *c; c++) {
        bool letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z');
        if (!letter && !(*c >= '0' && *c <= '9') && *c != '.' && *c != '-') {
            *c = '_'; /* the broker takes no other */
        }
    }
    return dst;
}
