/* The librdkafka properties of a producer and of a consumer: ours, and those of -X name=value,
 * which have the last word. Only for kafka_producer.c and kafka_consumer.c. */
#ifndef TLC_IO_KAFKA_CONF_H
#define TLC_IO_KAFKA_CONF_H

#include <librdkafka/rdkafka.h>

#include "common/io/kafka_consumer.h"
#include "common/io/kafka_producer.h"

/* A property that librdkafka does not know or take is TLC_FATAL (64). */
TLC_MUST int kafka_conf_producer(rd_kafka_conf_t *conf,
                                 const struct tlc_kafka_producer_options *options,
                                 struct tlc_err *err);
TLC_MUST int kafka_conf_consumer(rd_kafka_conf_t *conf,
                                 const struct tlc_kafka_consumer_options *options,
                                 struct tlc_err *err);

#endif
