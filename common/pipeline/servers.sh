# Part of ./pipeline: processes under .run (started, found again, ended by pid) and the private PostgreSQL and Kafka among them.

# Where this state's servers are: written by up, read by everything else.
state_file() { printf '%s/env' "$run"; }
load_state() {
    local file
    file=$(state_file)
    # shellcheck disable=SC1090
    [ ! -f "$file" ] || . "$file"
}

port_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Who was killed holds its port until the last of its threads has gone, a moment after its pid is no longer seen to run.
await_port_free() { # port
    local i
    for ((i = 0; i < 50; i++)); do
        ! port_free "$1" || return 0
        sleep 0.1
    done
}

# The wanted port when it is free; otherwise an error, or with TLC_ANY_PORT set the next free one. TLC_ANY_PORT=1 (tests) looks for it
# anywhere to begin with, below the ports that the system gives out itself, so that runs side by side do not meet.
choose_port() { # wanted, variable's name
    local port=$1
    [ "${TLC_ANY_PORT:-}" != 1 ] || port=$((10000 + RANDOM % 22000))
    while ! port_free "$port"; do
        [ -n "${TLC_ANY_PORT:-}" ] ||
            fail 69 "port $port is in use: stop what listens there, or choose another with $2=PORT"
        port=$((port + 1 + RANDOM % 500))
    done
    printf '%s' "$port"
}

pid_of() { # name: its pid when it runs
    local pid stamp
    [ -f "$run/pid/$1" ] || return 1
    read -r pid stamp <"$run/pid/$1" || return 1
    # A pid is ours only while its start time is the one noted: pids come back.
    [ -n "$stamp" ] && [ "$(start_time "$pid")" = "$stamp" ] || return 1
    printf '%s' "$pid"
}

# Nothing for one that has ended and waits to be collected by its parent (state Z).
start_time() { sed 's/^.*) //' "/proc/$1/stat" 2>/dev/null | awk '$1 != "Z" {print $20}' || true; }

# The process itself notes its pid before it becomes the program: none runs that nobody knows of, whenever this shell is ended.
start() { # name, command...
    local name=$1 pid
    shift
    mkdir -p "$run/log" "$run/pid"
    rm -f "$run/pid/$name"
    {
        pid=$BASHPID # not in what follows: there it would be that of one more process
        printf '%s %s\n' "$pid" "$(start_time "$pid")" >"$run/pid/$name"
        exec setsid nohup "$@"
    } >>"$run/log/$name.log" 2>&1 </dev/null &
    while [ ! -s "$run/pid/$name" ] && kill -0 $! 2>/dev/null; do sleep 0.01; done
}

# A signal that comes while Bash collects a command's output may be lost, or keep Bash busy for good (seen with 5.2); one that comes
# while it waits is neither. So what Ctrl-C is to end runs in a process group of its own, and this shell does nothing but wait for it.
attend() { # command...: its exit status, 130 after a signal
    local group='' asked='' status
    trap 'asked=130; [ -z "$group" ] || kill -TERM -- "-$group" 2>/dev/null || true' HUP INT TERM
    set -m
    "$@" </dev/null &
    group=$!
    set +m
    [ -z "$asked" ] || kill -TERM -- "-$group" 2>/dev/null || true
    while :; do # a signal ends a wait, and the work a moment later
        wait "$group" 2>/dev/null && status=0 || status=$?
        kill -0 "$group" 2>/dev/null || break
    done
    trap - HUP INT TERM
    return "${asked:-$status}"
}

stop() { # name, seconds: asks, waits, then ends it
    local pid i
    pid=$(pid_of "$1") || { rm -f "$run/pid/$1"; return 0; }
    # For PostgreSQL SIGINT is the fast shutdown: it does not wait for sessions to end.
    if [ "$1" = postgres ]; then kill -INT "$pid"; else kill -TERM "$pid"; fi 2>/dev/null || true
    for ((i = 0; i < $2 * 10; i++)); do
        pid_of "$1" >/dev/null || break
        sleep 0.1
    done
    if pid_of "$1" >/dev/null; then
        say "$1 did not stop in $2 s: ended by force"
        kill -KILL "$pid" 2>/dev/null || true
    fi
    rm -f "$run/pid/$1"
}

wait_until() { # name, seconds, command...: until it succeeds
    local name=$1 seconds=$2 i
    shift 2
    for ((i = 0; i < seconds * 10; i++)); do
        "$@" >/dev/null 2>&1 && return 0
        pid_of "$name" >/dev/null || fail 69 "$name ended: see $run/log/$name.log
$(tail -n 5 "$run/log/$name.log" 2>/dev/null)"
        sleep 0.1
    done
    fail 69 "$name is not ready after $seconds s: see $run/log/$name.log"
}

http_ok() { curl -fsS -o /dev/null --max-time 2 "$1"; }

# PostgreSQL refuses to run as root: then it runs as postgres, its files where that user can reach them.
pg_dir() {
    if [ "$(id -u)" -eq 0 ]; then
        printf '/var/tmp/nyc-taxi-pg-%s' "$(printf '%s' "$run" | cksum | cut -d' ' -f1)"
    else
        printf '%s/pg' "$run"
    fi
}
# setpriv becomes the program, so that its pid is PostgreSQL's; runuser would stand between and kill after 2 s.
as_postgres=(setpriv --reuid=postgres --regid=postgres --init-groups)
as_pg() {
    if [ "$(id -u)" -eq 0 ]; then (cd / && "${as_postgres[@]}" "$@"); else "$@"; fi
}
find_pg_bin() {
    [ -n "$pg_bin" ] || pg_bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
    [ -x "$pg_bin/initdb" ] || fail 69 "PostgreSQL's server is not here: run ./pipeline setup, or set DATABASE_URL"
}

pg_socket() { printf '/tmp/nyc-taxi-%s' "$(printf '%s' "$run" | cksum | cut -d' ' -f1)"; }

# The socket lies in a short path: its name may have 107 bytes at most.
up_postgres() {
    pid_of postgres >/dev/null && return 0
    find_pg_bin
    local dir socket
    dir=$(pg_dir)
    socket=$(pg_socket)
    mkdir -p "$run/log" "$socket" "$dir"
    if [ "$(id -u)" -eq 0 ]; then chown postgres "$socket" "$dir"; fi
    if [ ! -f "$dir/data/PG_VERSION" ]; then
        step "new PostgreSQL cluster"
        as_pg "$pg_bin/initdb" -D "$dir/data" -U taxi -A trust -E UTF8 --no-locale >"$run/log/initdb.log" 2>&1 ||
            fail 69 "initdb failed: see $run/log/initdb.log"
    fi
    # Not every build has LZ4; such a server would refuse to start.
    local user=() compression=lz4
    as_pg "$pg_bin/postgres" -D "$dir/data" -C wal_compression -c wal_compression=lz4 >/dev/null 2>&1 || compression=on
    [ "$(id -u)" -ne 0 ] || user=("${as_postgres[@]}")
    start postgres "${user[@]}" "$pg_bin/postgres" -D "$dir/data" -k "$socket" -c listen_addresses= \
        -c max_wal_size=4GB -c shared_buffers=256MB -c "wal_compression=$compression" -c checkpoint_timeout=15min
    DATABASE_URL="postgresql:///taxi?host=$socket&user=taxi"
    local postgres="postgresql:///postgres?host=$socket&user=taxi"
    wait_until postgres 30 psql -qX "$postgres" -c 'select 1' # a server's folder need not hold pg_isready
    psql -qXtA "$postgres" -c "select 1 from pg_database where datname='taxi'" | grep -q 1 ||
        psql -qX "$postgres" -c 'create database taxi'
}

kafka_java() { java "-Xmx$1" -cp "$deps/kafka/*" "${@:2}"; }

# One node or several, each broker and controller at once. Their ports are chosen once and kept: the quorum is configured by them.
choose_kafka_ports() {
    [ -z "${KAFKA_PORTS:-}" ] || return 0
    local i port=${KAFKA_PORT:-9092} controllers=()
    local ports=()
    for ((i = 0; i < BROKERS; i++)); do
        port=$(choose_port "$port" KAFKA_PORT)
        ports+=("$port")
        port=$(TLC_ANY_PORT=${TLC_ANY_PORT:-near} choose_port $((port + 1)) KAFKA_PORT)
        controllers+=("$port")
        port=$((port + 1))
    done
    KAFKA_PORTS=${ports[*]} CONTROLLER_PORTS=${controllers[*]}
    KAFKA_BROKERS=$(printf '127.0.0.1:%s,' "${ports[@]}")
    KAFKA_BROKERS=${KAFKA_BROKERS%,}
}

up_kafka() { # name: kafka, kafka-2, ...
    pid_of "$1" >/dev/null && return 0
    [ -d "$deps/kafka" ] || fail 69 "Kafka's jars are not here: run ./pipeline setup, or set KAFKA_BROKERS"
    choose_kafka_ports
    local dir=$run/$1 id=1
    [ "$1" = kafka ] || id=${1#kafka-}
    mkdir -p "$dir"
    kafka_config "$id" "$dir" >"$dir/server.properties"
    kafka_log_config "$dir"
    if [ ! -f "$dir/data/meta.properties" ]; then
        step "new Kafka log"
        KAFKA_CLUSTER=${KAFKA_CLUSTER:-$(kafka_java 256m kafka.tools.StorageTool random-uuid 2>/dev/null | tail -n 1)}
        kafka_java 256m kafka.tools.StorageTool format -t "$KAFKA_CLUSTER" -c "$dir/server.properties" >"$run/log/$1-format.log" 2>&1 ||
            fail 69 "Kafka's storage could not be formatted: see $run/log/$1-format.log"
    fi
    : >"$run/log/$1.log"
    start "$1" java "-Xmx$kafka_heap" -XX:+UseG1GC "-Dlog4j2.configurationFile=$dir/log4j2.yaml" \
        "-Dlog4j.configuration=file:$dir/log4j.properties" -cp "$deps/kafka/*" kafka.Kafka "$dir/server.properties"
}

# A broker's port opens a moment before the controller lets it take part, and what it logs differs by version. So it is asked for
# its cluster's metadata (version 7 of the request, which 2.1 to 4.x know; no topics): it has joined once it lists itself.
kafka_joined() { # node's id, its port
    local itself size
    itself=$(printf '%08x00093132372e302e302e31%08x' "$1" "$2") # id, "127.0.0.1" after its length, port
    {
        printf '\0\0\0\x0f\0\x03\0\x07\0\0\0\x01\xff\xff\0\0\0\0\0' >&3
        size=$(timeout 2 head -c 4 <&3 | od -An -tx1 | tr -d ' \n')
        [ ${#size} -eq 8 ] || return 1
        timeout 2 head -c $((16#$size)) <&3 | od -An -v -tx1 | tr -d ' \n' | grep -q "$itself"
    } 3<>"/dev/tcp/127.0.0.1/$2"
}

await_kafka() { # brokers of a new cluster wait for each other, so all are started before one is waited for
    local name ports i=0
    read -ra ports <<<"${KAFKA_PORTS:-}"
    for name in $(instances_of kafka); do
        i=$((i + 1))
        ! pid_of "$name" >/dev/null || wait_until "$name" 60 kafka_joined $i "${ports[i - 1]}"
    done
}

# The sessions of groups with group.protocol=consumer (KIP-848) are the broker's to set: as short as those our programs ask for.
kafka_config() { # node's id, its folder
    local ports controllers voters='' i copies=1 in_sync=1
    read -ra ports <<<"$KAFKA_PORTS"
    read -ra controllers <<<"$CONTROLLER_PORTS"
    for ((i = 0; i < ${#controllers[@]}; i++)); do voters+="$((i + 1))@127.0.0.1:${controllers[i]},"; done
    [ "$BROKERS" -lt 3 ] || copies=3 in_sync=2
    cat <<EOF
process.roles=broker,controller
node.id=$1
controller.quorum.voters=${voters%,}
listeners=PLAINTEXT://127.0.0.1:${ports[$1 - 1]},CONTROLLER://127.0.0.1:${controllers[$1 - 1]}
advertised.listeners=PLAINTEXT://127.0.0.1:${ports[$1 - 1]}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=$2/data
num.partitions=4
min.insync.replicas=$in_sync
offsets.topic.replication.factor=$copies
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=$copies
transaction.state.log.min.isr=$in_sync
share.coordinator.state.topic.replication.factor=$copies
share.coordinator.state.topic.min.isr=$in_sync
group.initial.rebalance.delay.ms=0
group.consumer.session.timeout.ms=6000
group.consumer.min.session.timeout.ms=6000
group.consumer.heartbeat.interval.ms=1500
group.consumer.min.heartbeat.interval.ms=1500
auto.create.topics.enable=false
log.retention.hours=168
message.max.bytes=4194304
EOF
}

# For Log4j 2, and for the Log4j 1 that Kafka 3 has: which of them speaks depends on the jars.
kafka_log_config() { # folder
    cat >"$1/log4j2.yaml" <<'EOF'
Configuration:
  Appenders:
    Console:
      name: out
      PatternLayout: {pattern: "%d %p %c: %m%n"}
  Loggers:
    Root:
      level: INFO
      AppenderRef: {ref: out}
EOF
    cat >"$1/log4j.properties" <<'EOF'
log4j.rootLogger=INFO, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d %p %c: %m%n
EOF
}
