# A private Kafka, producer-server and producer-client for a test of the ingest path, by the functions of ./pipeline.
# shellcheck shell=bash
# Sourced from the repository root with TLC_BUILD set to the build folder. Everything ends with the script.

TLC_RUN=$(mktemp -d "${TMPDIR:-/tmp}/taxi-ingest-XXXXXX")
export TLC_RUN TLC_ANY_PORT=1 TLC_BIN=$TLC_BUILD/bin
unset KAFKA_BROKERS DATABASE_URL
# shellcheck source=pipeline disable=SC1091
. ./pipeline help >/dev/null
# shellcheck source=tests/support/check.sh disable=SC1091
. tests/support/check.sh
# shellcheck disable=SC2154 # of ./pipeline
[ -d "$deps/kafka" ] || skip "Kafka's jars are not here: run ./pipeline setup"
command -v java >/dev/null || skip "no Java"
mkdir -p "$TLC_RUN/log"
# shellcheck disable=SC2034 # for up_kafka
BROKERS=${BROKERS:-1}

ingest_clean_up() {
    local status=$? name pid
    for name in client producer-server; do stop "$name" 20; done
    for name in $(instances_of kafka); do # their data goes too
        ! pid=$(pid_of "$name") || kill -KILL "$pid"
    done
    [ $status -eq 0 ] || tail -n 15 "$TLC_RUN"/log/{client,producer-server}.log >&2 || true
    rm -rf "$TLC_RUN"
    exit $status
}
trap ingest_clean_up EXIT
trap 'exit 130' INT TERM

at_most() { # words, most, got
    [ "$3" -le "$2" ] || failed "$1: at most $2, got $3"
    printf 'ok: %s (%s, at most %s)\n' "$1" "$3" "$2"
}
gone() { ! pid_of "$1"; }
now_kill() { # name
    kill -KILL "$(pid_of "$1")"
    await 10 "$1 ends" gone "$1"
}
brokers_start() { # those that do not run; a new cluster's wait for each other
    local name
    for name in $(instances_of kafka); do up_kafka "$name"; done
    await_kafka
}
server_start() { # further options; the same address each time
    url=${url:-http://127.0.0.1:$(choose_port $((20000 + RANDOM % 20000)) SERVER_PORT)}
    start producer-server "$TLC_BIN/producer-server" --listen "${url#http://}" --brokers "$KAFKA_BROKERS" "$@"
    await 60 "the server is ready" http_ok "$url/readyz"
}
events_write() { "$TLC_BUILD/tests/events_file" write "$TLC_RUN/events.ndjson" "$1" "$2"; } # events, seconds apart
# Sets distinct, copies, marks and disorders: of the events that events_write wrote, what the topic holds.
topic_read() { # events
    # shellcheck disable=SC2034 # for the test
    read -r distinct copies marks disorders < <("$TLC_BUILD/tests/events_file" read "$KAFKA_BROKERS" trips 4 "$1")
}
frontier() { jq ".inputs[0].line" "$TLC_RUN/state" 2>/dev/null || printf 0; }
frontier_over() { [ "$(frontier)" -gt "$1" ]; }
client_ended_well() {
    tail -n 1 "$TLC_RUN/log/client.log" | grep -q '"left":0' || { printf 'FAILED: the client did not end well\n' >&2; exit 1; }
}
