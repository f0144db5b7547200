# A private Kafka and a receiver of windows for a test of consumer-process, by the functions of ./pipeline, and what such tests ask.
# shellcheck shell=bash
# Sourced from the repository root with TLC_BUILD set to the build folder. Everything ends with the script.

TLC_RUN=$(mktemp -d "${TMPDIR:-/tmp}/taxi-process-XXXXXX")
export TLC_RUN TLC_ANY_PORT=1 TLC_BIN=$TLC_BUILD/bin
unset KAFKA_BROKERS DATABASE_URL
trap 'printf "FAILED: ./pipeline ended when it was sourced\n" >&2; exit 70' EXIT
# shellcheck source=pipeline disable=SC1091
. ./pipeline help >/dev/null

mkdir -p "$TLC_RUN/log"

# shellcheck source=tests/support/check.sh disable=SC1091
. tests/support/check.sh
# shellcheck disable=SC2154 # deps is the pipeline's
[ -d "$deps/kafka" ] || skip "Kafka's jars are not here: run ./pipeline setup"
command -v java >/dev/null || skip "no Java"
command -v node >/dev/null || skip "no node"

process_clean_up() {
    local status=$? file name
    for file in "$TLC_RUN"/pid/process-* "$TLC_RUN"/pid/*; do
        name=${file##*/}
        [ -f "$file" ] || continue
        [[ $name != process-* ]] || kill -CONT "$(pid_of "$name")" 2>/dev/null || true
        stop "$name" 20
    done
    [ $status -eq 0 ] || tail -n 15 "$TLC_RUN"/log/process-*.log >&2 || true
    rm -rf "$TLC_RUN"
    exit $status
}
trap process_clean_up EXIT
trap 'exit 130' INT TERM

kafka_up() {
    ./pipeline up kafka >"$TLC_RUN/log/up.log" || { cat "$TLC_RUN/log/up.log" >&2; exit 1; }
    load_state
}

not_running() { ! pid_of "$1"; }

# Receivers and instances have names; receiver_port, receiver_control and process_url are by name.
declare -A receiver_port receiver_control process_url
receiver_start() { # name
    local file=$TLC_RUN/receiver-$1.port
    start "receiver-$1" node tests/support/windows_receiver.mjs "$file"
    await 20 "receiver $1 listens" test -s "$file"
    # shellcheck disable=SC2034
    read -r receiver_port["$1"] receiver_control["$1"] <"$file"
}
receiver() { # name, what it is asked
    get "http://127.0.0.1:${receiver_control[$1]}/$2"
}

process_start() { # instance, group, receiver, options...
    local name=$1 group=$2 port=${receiver_port[$3]}
    shift 3
    # The same port after a restart: it is part of the name in the group.
    [ -n "${process_url[$name]:-}" ] ||
        process_url[$name]=http://127.0.0.1:$(choose_port $((20000 + RANDOM % 12000)) PROCESS_PORT)
    start "process-$name" "$TLC_BIN/consumer-process" --status-listen "${process_url[$name]#http://}" \
        --brokers "$KAFKA_BROKERS" --group "$group" --dashboard "http://127.0.0.1:$port" "$@"
}
process_kill() { # instance
    kill -KILL "$(pid_of "process-$1")"
    await 10 "process-$1 ends" not_running "process-$1"
}
# Ends it as people do, and sees to it that it ends well and in time.
process_stop() { # instance
    local pid
    pid=$(pid_of "process-$1")
    kill -TERM "$pid"
    await 10 "process-$1 ends within 10 s of SIGTERM" not_running "process-$1"
    local status=0
    wait "$pid" || status=$?
    expect "exit status of process-$1" 0 "$status"
}
status_of() { # instance, jq expression
    get "${process_url[$1]}/status" | jq -c "$2"
}
read_is() { [ "$(status_of "$1" .ledger.read)" = "$2" ]; }
read_over() { [ "$(status_of "$1" .counters.messages_read)" -gt "$2" ]; }
# The same, or it has all there is: how fast the topic fills is the machine's affair.
gone_on() { says "$1" ".counters.messages_read > $2 or (.ledger.read > 0 and all(.partitions[]; .lag == 0))"; }
owns() { [ "$(status_of "$1" '.partitions | length')" = "$2" ]; }
says() { [ "$(status_of "$1" "$2")" = true ]; } # instance, jq condition
# Everything of the log is applied, and the receiver has all of it.
settled_at() { # instance, messages
    says "$1" ".ledger.read == $2 and (.partitions | length > 0 and all(.lag == 0 and (.recovering | not))) and
        .dashboard.windows_waiting == 0"
}

feed() { # topic, partitions, source, first row, trips, poison every, double every
    "$TLC_BUILD/tests/topic_feed" "$KAFKA_BROKERS" "$@"
}
