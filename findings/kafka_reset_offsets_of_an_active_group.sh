#!/usr/bin/env bash
# Guess: kafka-consumer-groups --reset-offsets --execute, which cannot do its work because the group has members, ends with a status other
#   than 0, as it does for a wrong option.
# Really: it says "Assignments can only be reset if the group ... is inactive" and ends with 0, and no offset has changed. A member with
#   group.instance.id that was closed still counts until its session has ended, so stopping the consumers first is not enough.
# Seen: Kafka 4.3.1 (kafka-tools of Maven Central), Java 17, confluent-kafka 2.16.1, 2026-11-28
# Matters: a script that stops its consumers, resets and starts them again goes on as if it had, and reads on from the old place.
# Wants python3 with venv, Maven, Java 17. Exit status: 0 as described, 1 the behaviour has changed, 77 something could not be fetched.
set -euo pipefail
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
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>4.3.1</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>4.3.1</version></dependency>
  </dependencies>
</project>
EOF
{
    mvn -q -B -f "$work/pom.xml" dependency:copy-dependencies -DoutputDirectory="$work/kafka" &&
        python3 -m venv "$work/python" && "$work/python/bin/pip" install --disable-pip-version-check -q confluent-kafka==2.16.1
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
run=(java -Xmx512m -cp "$work/kafka/*")
"${run[@]}" kafka.tools.StorageTool format -t 5L6g3nShT-eMCtK--X86sw -c "$work/server.properties" >"$work/format.log" 2>&1
"${run[@]}" kafka.Kafka "$work/server.properties" >"$work/broker.log" 2>&1 &
broker=$!
for ((i = 0; i < 300; i++)); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then break; fi
    sleep 0.2
done

# Ten messages, read and committed to the end by a member with a name, which is then closed.
cat >"$work/read.py" <<'EOF'
import sys
import confluent_kafka as ck
from confluent_kafka.admin import AdminClient, NewTopic

servers = {'bootstrap.servers': sys.argv[1]}
admin = AdminClient(servers)
for future in admin.create_topics([NewTopic('t', 1, 1)], operation_timeout=30, request_timeout=60).values():
    future.result(60)
producer = ck.Producer(servers)
for i in range(10):
    producer.produce('t', str(i))
producer.flush(60)
consumer = ck.Consumer({**servers, 'group.id': 'g', 'group.instance.id': 'one', 'session.timeout.ms': 6000, 'auto.offset.reset': 'earliest'})
consumer.subscribe(['t'])
n = 0
while n < 10:
    message = consumer.poll(30)
    n += message is not None and not message.error()
consumer.commit(asynchronous=False)
consumer.close()
EOF
"$work/python/bin/python" "$work/read.py" "127.0.0.1:$port"

groups() { "${run[@]}" org.apache.kafka.tools.consumer.group.ConsumerGroupCommand --bootstrap-server "127.0.0.1:$port" --group g "$@" 2>&1; }
committed() { groups --describe | awk '$2 == "t" {print $4}'; }
status=0
said=$(groups --topic t --reset-offsets --to-earliest --execute) || status=$?
printf 'at once: exit status %d, committed offset %s: %s\n' "$status" "$(committed)" "$(grep -o 'Assignments can only be reset.*' <<<"$said" | head -n 1)"
[[ "$status $(committed) $said" == "0 10 "*"Assignments can only be reset"* ]] || { printf 'this has changed\n' >&2; exit 1; }
status=64
groups --topic t --reset-offsets --to-nowhere >"$work/wrong.log" 2>&1 && status=0
printf 'a wrong option: exit status %s\n' "$([ $status = 0 ] && printf 0 || printf 'not 0')"
[ "$status" != 0 ] || { printf 'this has changed\n' >&2; exit 1; }
for ((i = 0; i < 30; i++)); do
    groups --topic t --reset-offsets --to-earliest --execute >"$work/reset.log" 2>&1 || true
    [ "$(committed)" != 0 ] || break
    sleep 1
done
printf 'after the session: committed offset %s\n' "$(committed)"
[ "$(committed)" = 0 ] || { printf 'this has changed\n' >&2; exit 1; }
