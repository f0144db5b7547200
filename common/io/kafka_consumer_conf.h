/* The librdkafka properties of a consumer: ours, and those of -X. Only for kafka_consumer.c. */
#ifndef TLC_IO_KAFKA_CONSUMER_CONF_H
#define TLC_IO_KAFKA_CONSUMER_CONF_H

#include <librdkafka/rdkafka.h>

#include "common/io/kafka_consumer.h"

/* A property that librdkafka does not know or take is TLC_FATAL (64). */
TLC_MUST int kafka_consumer_conf(rd_kafka_conf_t *conf,
                                 const struct tlc_kafka_consumer_options *options,
                                 struct tlc_err *err);

#endif
