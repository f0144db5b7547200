#include "common/io/kafka_fault.h"

bool kafka_is_final(rd_kafka_resp_err_t code)
{
    switch (code) {
    case RD_KAFKA_RESP_ERR__FATAL:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT:
    case RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID: return true;
    default: return false;
    }
}

int kafka_failed(struct tlc_err *err, rd_kafka_resp_err_t code, const char *what)
{
    if (kafka_is_final(code)) {
        return tlc_err_fatal(err, TLC_EXIT_CONFIG, "kafka: %s: %s", what, rd_kafka_err2str(code));
    }
    return tlc_err_set(err, TLC_RETRY, "kafka: %s: %s", what, rd_kafka_err2str(code));
}

/* With group.protocol=consumer it is the newcomer that is refused, not the one before it fenced. */
int kafka_refusal_of(rd_kafka_resp_err_t code)
{
    bool is = code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID || (int)code == KAFKA_NAME_TAKEN;
    return is ? (int)code : 0;
}
