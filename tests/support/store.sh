# Private PostgreSQL and Kafka for a test of consumer-store, by the functions of ./pipeline, and what such tests ask.
# shellcheck shell=bash
# Sourced from the repository root with TLC_BUILD set to the build folder. Everything ends with the script.

TLC_RUN=$(mktemp -d "${TMPDIR:-/tmp}/taxi-store-XXXXXX")
export TLC_RUN TLC_ANY_PORT=1 TLC_BIN=$TLC_BUILD/bin
unset KAFKA_BROKERS DATABASE_URL
# shellcheck source=pipeline disable=SC1091
. ./pipeline help >/dev/null

skip() { printf 'SKIPPED: %s\n' "$*" >&2; exit 77; }
[ -d "$deps/kafka" ] || skip "Kafka's jars are not here: run ./pipeline setup"
command -v java >/dev/null || skip "no Java"
[ -n "$(find /usr/lib/postgresql -maxdepth 3 -name initdb 2>/dev/null)" ] || skip "PostgreSQL's server is not installed"

store_clean_up() {
    local status=$? file name
    for file in "$TLC_RUN"/pid/*; do
        name=${file##*/}
        [ -f "$file" ] || continue
        [[ $name != store-* ]] || kill -CONT "$(pid_of "$name")" 2>/dev/null || true
        stop "$name" 20
    done
    [ $status -eq 0 ] || tail -n 15 "$TLC_RUN"/log/store-*.log >&2 || true
    rm -rf "$(pg_dir)" "/tmp/nyc-taxi-$(printf '%s' "$run" | cksum | cut -d' ' -f1)" "$TLC_RUN"
    exit $status
}
trap store_clean_up EXIT
trap 'exit 130' INT TERM

sql() { psql -qXtA "$DATABASE_URL" -c "$1"; }

# Until a command succeeds, or the test has failed.
await() { # seconds, words, command...
    local until=$((SECONDS + $1)) words=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $until ] || { printf 'FAILED: %s\n' "$words" >&2; exit 1; }
        sleep 0.05
    done
}

expect() { # words, wanted, got
    if [ "$2" = "$3" ]; then
        printf 'ok: %s (%s)\n' "$1" "$2"
    else
        printf 'FAILED: %s: wanted %s, got %s\n' "$1" "$2" "$3" >&2
        exit 1
    fi
}

# Instances are store-a, store-b ...; their addresses are in store_url.
declare -A store_url
store_start() { # instance, options...
    local name=$1
    shift
    store_url[$name]=http://127.0.0.1:$(choose_port $((20000 + RANDOM % 20000)) STORE_PORT)
    start "store-$name" "$TLC_BIN/consumer-store" --status-listen "${store_url[$name]#http://}" \
        --brokers "$KAFKA_BROKERS" --database "$DATABASE_URL" "$@"
}
store_kill() { # instance
    kill -KILL "$(pid_of "store-$1")"
    await 10 "store-$1 ends" not_running "store-$1"
}
not_running() { ! pid_of "$1"; }

feed() { "$TLC_BUILD/tests/topic_feed" "$KAFKA_BROKERS" trips "$@"; }

# The ledger of one topic, from the tables alone.
ledger() {
    sql "select coalesce(sum(messages_read), 0), coalesce(sum(stored), 0), coalesce(sum(duplicate), 0),
        coalesce(sum(refused), 0), coalesce(sum(marks), 0) from store_offset"
}
read_is() { [ "$(ledger | cut -d'|' -f1)" = "$1" ]; }
read_over() { [ "$(ledger | cut -d'|' -f1)" -gt "$1" ]; }
