#!/usr/bin/env bash
# Guess: a consumer with group.protocol=consumer (KIP-848) on a broker that does not offer that protocol (Kafka 3.9 as it comes) is told:
#   librdkafka has "unsupported version" and "unsupported feature" among the fatal errors of its group heartbeat.
# Really: it is told nothing, neither by poll() nor by error_cb, and nothing is logged: it sits without partitions while a consumer of the
#   classic protocol beside it reads everything. Only debug=cgrp shows "ConsumerGroupHeartbeatRequest not supported by broker".
# Seen: confluent-kafka 2.16.1 (librdkafka 2.16.0), half a minute; librdkafka 2.15.1 from C, a minute; Kafka 3.9.2, Java 17; 2026-11-28
# Matters: who turns the protocol on before the last broker is upgraded has consumers that look alive and read nothing: readiness must
#   hang on partitions, not on the absence of errors.
# Wants python3 with venv, Maven, Java 17. Exit status: 0 as described, 1 the behaviour has changed, 77 something could not be fetched.
set -euo pipefail
client=${1:-2.16.1}
work=$(mktemp -d)
broker=''
clean_up() {
    [ -z "$broker" ] || { kill -KILL "$broker" && wait "$broker"; } 2>/dev/null || true
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

cat >"$work/pom.xml" <<'EOF'
<project>
  <modelVersion>4.0.0</modelVersion><groupId>none</groupId><artifactId>none</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>3.9.2</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>3.9.2</version></dependency>
  </dependencies>
</project>
EOF
{
    mvn -q -B -f "$work/pom.xml" dependency:copy-dependencies -DoutputDirectory="$work/kafka" &&
        python3 -m venv "$work/python" && "$work/python/bin/pip" install --disable-pip-version-check -q "confluent-kafka==$client"
} >"$work/fetch.log" 2>&1 || { tail -n 5 "$work/fetch.log" >&2; exit 77; }

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
port=$(free_port) controller=$(free_port)
cat >"$work/server.properties" <<EOF
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
controller.listener.names=CONTROLLER
log.dirs=$work/data
offsets.topic.replication.factor=1
group.initial.rebalance.delay.ms=0
EOF
printf 'log4j.rootLogger=OFF\n' >"$work/log4j.properties"
run=(java -Xmx512m "-Dlog4j.configuration=file:$work/log4j.properties" -cp "$work/kafka/*")
"${run[@]}" kafka.tools.StorageTool format -t 5L6g3nShT-eMCtK--X86sw -c "$work/server.properties" >"$work/format.log" 2>&1
"${run[@]}" kafka.Kafka "$work/server.properties" >"$work/broker.log" 2>&1 &
broker=$!

cat >"$work/two.py" <<'EOF'
import os
import sys
import time

import confluent_kafka as ck
from confluent_kafka.admin import AdminClient, NewTopic

servers = {"bootstrap.servers": sys.argv[1]}
print("librdkafka", ck.libversion()[0], flush=True)
until = time.time() + 120
while True:  # the broker is starting
    try:
        if "t" in AdminClient({**servers, "log_level": 0}).list_topics(timeout=10).topics:
            break
        AdminClient({**servers, "log_level": 0}).create_topics([NewTopic("t", 1, 1)])["t"].result(10)
    except Exception:
        if time.time() > until:
            raise
producer = ck.Producer(servers)
for i in range(5):
    producer.produce("t", str(i))
if producer.flush(60) != 0:
    sys.exit("the messages could not be produced")

def read(protocol, seconds):
    errors, n = [], 0
    c = ck.Consumer({**servers, "group.id": protocol, "group.protocol": protocol, "auto.offset.reset": "earliest",
                     "error_cb": lambda e: errors.append(str(e))})
    c.subscribe(["t"])
    end = time.time() + seconds
    while n < 5 and not errors and time.time() < end:
        m = c.poll(0.5)
        if m is not None and m.error():
            errors.append(str(m.error()))
        elif m is not None:
            n += 1
    print("%-8s: %d of 5 messages, %d partitions, errors: %s" % (protocol, n, len(c.assignment()), errors or "none"), flush=True)
    return n, errors

classic = read("classic", 60)
newer = read("consumer", 30)
os._exit(0 if classic == (5, []) and newer == (0, []) else 1)  # without a close, which would wait for a group it is not in
EOF
timeout 300 "$work/python/bin/python" "$work/two.py" "127.0.0.1:$port"
