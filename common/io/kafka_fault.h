/* What librdkafka's error codes ask of a consumer. Only for kafka_consumer.c. Pure: any thread. */
#ifndef TLC_IO_KAFKA_FAULT_H
#define TLC_IO_KAFKA_FAULT_H

#include <librdkafka/rdkafka.h>

#include "common/base/err.h"

#define KAFKA_NAME_TAKEN 111 /* UNRELEASED_INSTANCE_ID, which librdkafka 2.0 does not list */

/* Waiting does not help: rights, settings, a dead client. */
bool kafka_is_final(rd_kafka_resp_err_t code);
/* Says "kafka: what: ..." as TLC_FATAL (78) or TLC_RETRY, which is returned. */
int kafka_failed(struct tlc_err *err, rd_kafka_resp_err_t code, const char *what);
/* The code when it is the group that does not know us by our name, else 0. */
int kafka_refusal_of(rd_kafka_resp_err_t code);

#endif
