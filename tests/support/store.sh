# Private PostgreSQL and Kafka for a test of consumer-store, by ./pipeline, and what such tests ask.
# shellcheck shell=bash
# Sourced from the repository root with TLC_BUILD set to the build folder. Everything ends with the script.

# shellcheck source=tests/support/check.sh disable=SC1091
. tests/support/check.sh
[ -d "${TLC_DEPS:-.deps}/kafka" ] || skip "Kafka's jars are not here: run ./pipeline setup"
command -v java >/dev/null || skip "no Java"
[ -n "$(find /usr/lib/postgresql -maxdepth 3 -name initdb 2>/dev/null)" ] || skip "PostgreSQL's server is not installed"

work=$(mktemp -d "${TMPDIR:-/tmp}/taxi-store-XXXXXX")
export TLC_RUN=$work/run TLC_ANY_PORT=1
unset KAFKA_BROKERS DATABASE_URL
declare -A store_pid # of each instance that was started and not seen to end

store_clean_up() {
    local status=$? name
    trap '' INT TERM
    set +e # each of these is to be tried
    for name in "${!store_pid[@]}"; do
        kill -CONT "${store_pid[$name]}" 2>/dev/null && kill -KILL "${store_pid[$name]}" 2>/dev/null
        wait "${store_pid[$name]}" 2>/dev/null
    done
    [ $status -eq 0 ] || tail -n 15 "$work"/*.log >&2
    pipeline reset --yes >>"$work/up.log" 2>&1 || cat "$work/up.log" >&2
    rm -rf "$work"
    exit $status
}
trap store_clean_up EXIT
trap 'exit 130' INT TERM

# Its own servers, whatever the test exports of their addresses.
pipeline() { env -u KAFKA_BROKERS -u DATABASE_URL ./pipeline "$@"; }
servers_up() {
    pipeline up postgres kafka >>"$work/up.log" 2>&1
    eval "$(pipeline env)"
}
# No time to say good-bye, as when the machine loses power.
postgres_crash() {
    local pid
    pid=$(head -n 1 "$(sql 'show data_directory')/postmaster.pid")
    kill -QUIT "$pid"
    await 20 "PostgreSQL ends" test ! -d "/proc/$pid"
}
sql() { psql -qXtA "$DATABASE_URL" -c "$1"; }

# Instances are a, b ...; each takes a free port and says so.
store_start() { # instance, options...
    local name=$1
    shift
    "$TLC_BUILD/bin/consumer-store" --status-listen 127.0.0.1:0 --brokers "$KAFKA_BROKERS" --database "$DATABASE_URL" "$@" \
        >"$work/$name.log" 2>&1 </dev/null &
    store_pid[$name]=$!
}
store_kill() { # instance
    kill -KILL "${store_pid[$1]}"
    wait "${store_pid[$1]}" 2>/dev/null || true
    unset "store_pid[$1]"
}
store_stop() { # instance: its exit code must be 0
    kill -TERM "${store_pid[$1]}"
    wait "${store_pid[$1]}"
    unset "store_pid[$1]"
}
status_of() { # instance, jq's filter
    curl -fsS --max-time 5 "http://127.0.0.1:$(sed -n 's/.*event=started .*port=\([0-9]*\).*/\1/p' "$work/$1.log")/status" | jq -c "$2"
}
owns() { [ "$(status_of "$1" '.partitions | length')" = "$2" ]; }

feed() { "$TLC_BUILD/tests/topic_feed" "$KAFKA_BROKERS" trips "$@"; }

# The ledger of one topic, from the tables alone.
ledger() {
    sql "select coalesce(sum(messages_read), 0), coalesce(sum(stored), 0), coalesce(sum(duplicate), 0),
        coalesce(sum(refused), 0), coalesce(sum(marks), 0) from store_offset"
}
read_is() { [ "$(ledger | cut -d'|' -f1)" = "$1" ]; }
read_over() { [ "$(ledger | cut -d'|' -f1)" -gt "$1" ]; }
