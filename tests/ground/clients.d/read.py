"""confluent-kafka and kafka-python: every event of the topic."""
import json
import sys
from datetime import datetime

library, brokers, topic, wanted = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
events = marks = ids = 0


def take(key, value):
    global events, marks, ids
    event = json.loads(value)
    if key is None:
        marks += 1
        return
    datetime.fromisoformat(event["Datetime"])
    events += 1
    ids += event["TripID"] % 1000000007


def by_confluent():
    import confluent_kafka

    print("version", confluent_kafka.__version__, "librdkafka", confluent_kafka.libversion()[0])
    consumer = confluent_kafka.Consumer({"bootstrap.servers": brokers, "group.id": "clients-confluent", "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    for _ in range(600):
        if events + marks >= wanted:
            break
        message = consumer.poll(0.1) if events + marks == 0 else consumer.poll(1)
        if message is not None and message.error() is None:
            take(message.key(), message.value())
            for more in consumer.consume(10000, 0.1):
                take(more.key(), more.value())
    consumer.close()


def by_kafka_python():
    import kafka

    print("version", kafka.__version__)
    consumer = kafka.KafkaConsumer(topic, bootstrap_servers=brokers, auto_offset_reset="earliest", consumer_timeout_ms=60000)
    for message in consumer:
        take(message.key, message.value)
        if events + marks >= wanted:
            break
    consumer.close(autocommit=False)


{"confluent-kafka": by_confluent, "kafka-python": by_kafka_python}[library]()
print("events", events, "marks", marks, "ids", ids)
