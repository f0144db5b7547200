#!/usr/bin/env bash
# No command does harm when it is asked what it does, or is given what it does not know. A state is filled; every command of the table
# is called with --help, -h and nonsense, while the state runs and again while it rests, and the state is the same before and after.
# Then reset: without a terminal it wants --yes, on one it asks.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/support/check.sh disable=SC1091
. tests/support/check.sh
# shellcheck source=common/pipeline/commands.sh
. common/pipeline/commands.sh
[ -d "${TLC_DEPS:-.deps}/kafka" ] || skip "Kafka's jars are not here: run ./pipeline setup"
work=$(mktemp -d /tmp/taxi-commands-XXXXXX)
# Nothing changes by itself: no days are made but once.
export TLC_RUN=$work/run TLC_ANY_PORT=1 BATCH_EVERY=30d
unset KAFKA_BROKERS DATABASE_URL
clean_up() {
    local status=$?
    [ $status -eq 0 ] || tail -n 15 "$work"/*.log >&2 || true
    ./pipeline reset --yes >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap clean_up EXIT

# ---------------------------------------------------------------- the state, before and after

month=$work/synthetic_green_tripdata_2024-01.csv
data/make-month green 2024-01 2000 --seed 3 -o "$month" >/dev/null 2>&1
{
    ./pipeline up
    ./pipeline replay "$month" --speed max
    ./pipeline settle
    ./pipeline batch
    ./pipeline audit
} >"$work/up.log" 2>&1 || failed "the state could not be filled"
# shellcheck disable=SC1091
. "$TLC_RUN/env"
pg_data=$(psql -qXtA "$DATABASE_URL" -c 'show data_directory')
mkdir "$TLC_RUN/kafka-notes" # of somebody else, in the same folder
printf 'mine\n' | tee "$TLC_RUN/notes" >"$TLC_RUN/kafka-notes/notes"

sums() { { find "$@" -type f -exec sha256sum {} + 2>/dev/null || true; } | sort -k 2; }
# What is cheap to tell: files that no running program writes, who runs since when, names of all other files, and what lies in the
# repository where a command would build, install or measure (tests.log is written by the test run that this is a part of).
quick_state() {
    local pid
    sums "$TLC_RUN"/{env,pid,replay,notes,kafka-notes}
    for pid in "$TLC_RUN"/pid/*; do
        [ ! -f "$pid" ] || read -r pid _ <"$pid"
        awk '{print $1, $22}' "/proc/$pid/stat" 2>/dev/null || true
    done
    find "$TLC_RUN" -maxdepth 2 -path "$TLC_RUN/log/topic-size.log" -prune -o -printf '%p %i\n' | sort
    { find .run .run-demo build data data/months tests/out "${TLC_DEPS:-.deps}" -maxdepth 1 ! -name tests.log ! -name build ! -name Testing -printf '%p %T@\n' 2>/dev/null || true; } | sort
}
running_state() {
    psql -qXtA "$DATABASE_URL" -c "select 'start', count(*), md5(string_agg(t::text, ' ' order by trip_id)) from trip_start t
        union all select 'end', count(*), md5(string_agg(t::text, ' ' order by trip_id)) from trip_end t
        union all select 'days', count(*), md5(string_agg(t::text, ' ' order by t::text)) from day_total t
        union all select 'offsets', count(*), md5(string_agg(t::text, ' ' order by t::text)) from store_offset t"
    java -Xmx128m -cp "${TLC_DEPS:-.deps}/kafka/*" org.apache.kafka.tools.GetOffsetShell --bootstrap-server "$KAFKA_BROKERS" 2>/dev/null | grep -v ^__ | sort
    curl -fsS "$DASHBOARD_URL/api/windows/dump" | sha256sum
}
resting_state() { sums "$TLC_RUN" "$pg_data"; }

# ---------------------------------------------------------------- the calls

calls=0
call() { # wanted exit status, words that it has to say, command...
    local wanted=$1 words=$2 status=0
    shift 2
    timeout 60 "$@" >"$work/said" 2>&1 </dev/null || status=$?
    calls=$((calls + 1))
    [ $status -eq "$wanted" ] || failed "$*: exit status $status, not $wanted: $(head -c 500 "$work/said")"
    grep -qF -e "$words" "$work/said" || failed "$*: says nothing of \"$words\": $(head -c 500 "$work/said")"
    quick_state >"$work/now"
    diff "$work/quick" "$work/now" >"$work/changed.log" || failed "$*: the state has changed"
}

fitting() { # kind: a value of it
    case $1 in
    FACTOR) printf 'max' ;;
    URL) printf 'http://127.0.0.1:1' ;;
    LOG) printf 'kafka' ;;
    STAGE) printf 'run' ;;
    *) printf '1' ;;
    esac
}

calls_of() { # command of the table
    local spec kind fit=() command pipeline_command wrong='no such thing'
    local -a options arguments
    read -ra command <<<"$1"
    pipeline_command=(./pipeline "${command[@]}")
    read -ra options <<<"${command_options[$1]}"
    read -ra arguments <<<"${command_arguments[$1]}"
    for spec in --help -h; do
        call 0 "$(command_synopsis "$1")" "${pipeline_command[@]}" $spec
        call 0 "$(command_synopsis "$1")" "${pipeline_command[@]}" --nonsense "$wrong" $spec
    done
    call 0 "$(command_synopsis "$1")" ./pipeline help "${command[@]}"
    call 64 --nonsense "${pipeline_command[@]}" --nonsense
    call 64 "pipeline $1:" "${pipeline_command[@]}" --nonsense=1
    call 64 -x "${pipeline_command[@]}" -x
    for spec in "${options[@]}"; do
        case $spec in
        +*)
            call 64 "that is for ${spec#+} itself" "${pipeline_command[@]}" --print-config
            call 64 "wants a value" "${pipeline_command[@]}" --from
            ;;
        *=*)
            call 64 "${spec%=*} wants" "${pipeline_command[@]}" "${spec%=*}"
            call 64 "${spec%=*}: \"$wrong\"" "${pipeline_command[@]}" "${spec%=*}" "$wrong"
            call 64 "${spec%=*}: \"\"" "${pipeline_command[@]}" "${spec%=*}="
            ;;
        *) call 64 "$spec takes no value" "${pipeline_command[@]}" "$spec=1" ;;
        esac
    done
    for spec in "${arguments[@]}"; do
        kind=${spec%%[.?]*}
        case $kind in
        MONTH) call 66 "no file $wrong" "${pipeline_command[@]}" "$wrong" ;;
        *) call 64 "\"$wrong\"" "${pipeline_command[@]}" "${fit[@]}" "$wrong" ;;
        esac
        fit+=("$(fitting "$kind")")
    done
    [[ ${arguments[*]} == *... ]] || call 64 '"surplus" is too much' "${pipeline_command[@]}" "${fit[@]}" surplus
}

# What a command knows besides its table.
other_calls() {
    local script
    call 64 'no command "nonsense"' ./pipeline nonsense
    call 64 'no command "ingest"' ./pipeline help ingest
    call 0 './pipeline reset [--yes]' ./pipeline --help
    call 0 './pipeline reset [--yes]' ./pipeline -h
    call 0 './pipeline reset [--yes]' ./pipeline
    call 64 'this state has 1 brokers' ./pipeline up --brokers 3
    call 64 'nothing is called "consumer-store-2" here' ./pipeline up consumer-store-2
    call 64 'nothing is called "kafka-2" here' ./pipeline down dashboard kafka-2
    call 64 'wants NAME' ./pipeline logs
    call 64 'green wants a month' ./pipeline replay green 2024-13
    call 64 'did you mean --speed?' ./pipeline replay "$month" --sped max
    call 64 '"fast" is not a number' ./pipeline replay "$month" --speed fast
    call 64 '--from must be before --to' ./pipeline replay "$month" --from 2024-02-01 --to 2024-01-01
    call 66 'no file nowhere.csv' ./pipeline replay "$month" nowhere.csv
    call 64 'did you mean --all?' ./pipeline batch --al
    call 64 'stands alone' ./pipeline audit --json --diff
    call 64 'yellow wants a month' ./pipeline demo --once yellow
    call 64 '--speed: "0" is not' ./pipeline demo --once --speed 0 "$month"
    call 64 './pipeline demo --yes' ./pipeline demo --once "$month" # this state was made by no demo
    call 64 'one of: compose e2e fuzz' ./pipeline test unit nonsense
    call 64 'a build of its own' ./pipeline test fuzz unit
    call 64 'one of: all kill-server' ./pipeline drill kill-all nonsense
    call 64 './pipeline reset --yes' ./pipeline reset
    for script in tests/drill/run tests/bench/{run,ingest,month,batch}; do
        call 0 './pipeline ' "$script" --help
        call 64 '--nonsense' "$script" --nonsense
    done
    for script in data/fetch-month data/fetch-zones data/make-month; do
        call 0 "$script" "$script" --help
        call 0 "$script" "$script" -h
        call 64 '--nonsense' "$script" --nonsense
    done
    call 64 '"nonsense"' data/fetch-month nonsense 2024-01
    call 64 '"nonsense"' data/fetch-zones nonsense
    call 64 '"nonsense"' data/make-month nonsense 2024-01 1000
}

all_calls() { # what tells the state as a whole
    local command
    "$1" >"$work/before"
    quick_state >"$work/quick"
    for command in "${command_names[@]}"; do calls_of "$command"; done
    other_calls
    "$1" >"$work/after"
    diff "$work/before" "$work/after" >"$work/changed.log" || failed "$about: the state has changed"
}

# Labels that can be named are those that tests have; fuzz is of another build.
about='labels'
build=${TLC_BIN:+${TLC_BIN%/bin}}
expect "labels" "$(ctest --test-dir "${build:-build}" --print-labels | sed -n 's/^  //p' | { cat && printf 'fuzz\n'; } | sort -u | paste -sd' ')" "$(kind_list LABEL | paste -sd' ')"

about='running'
all_calls running_state
[ "$(grep -c . "$work/before")" -gt 8 ] || failed "the state says too little of itself: $(cat "$work/before")"
about='resting'
./pipeline down >"$work/down.log" 2>&1
all_calls resting_state
grep -q "$pg_data" "$work/before" || failed "nothing of PostgreSQL in the comparison"
printf '%d calls changed nothing\n' $calls

# ---------------------------------------------------------------- reset

about='reset'
on_terminal() { # answer, exit status
    local status=0
    printf '%s\n' "$1" | TERM=dumb script -qec "./pipeline reset" /dev/null >"$work/said" 2>&1 || status=$?
    [ $status -eq "$2" ] || failed "answered \"$1\": exit status $status, not $2: $(cat "$work/said")"
    grep -qF 'Delete all that? [y/N]' "$work/said" || failed "it does not ask: $(cat "$work/said")"
    grep -qF "$TLC_RUN/kafka" "$work/said" || failed "it does not name what it deletes: $(cat "$work/said")"
    grep -qE "among them [1-9][0-9]* events" "$work/said" || failed "it does not say how many events: $(cat "$work/said")"
}
ended() { ! grep -qsE '^State:\s+[^ZX]' "/proc/$1/status"; }
command -v script >/dev/null || failed "script is missing: apt-get install bsdutils"
for answer in n '' 'yellow'; do
    on_terminal "$answer" 1
    resting_state | cmp -s - "$work/before" || failed "answered \"$answer\", and something is gone"
done
./pipeline up >"$work/up.log" 2>&1
mapfile -t pids < <(cat "$TLC_RUN"/pid/* | cut -d' ' -f1)
expect "programs that run" 7 ${#pids[@]}
on_terminal y 0
for pid in "${pids[@]}"; do ended "$pid" || failed "process $pid still runs"; done
grep -qF 'this stops: postgres kafka' "$work/said" || failed "it does not name what it stops: $(cat "$work/said")"
grep -qE 'and [1-9][0-9]* rows in PostgreSQL' "$work/said" || failed "it does not say how many rows: $(cat "$work/said")"
expect "what is left" "$(printf '%s\n' "$TLC_RUN"/{kafka-notes/notes,notes})" "$(find "$TLC_RUN" -type f | sort)"
[ ! -e "$pg_data" ] || failed "$pg_data is still there"
./pipeline up kafka >"$work/up.log" 2>&1
kafka=$(cut -d' ' -f1 "$TLC_RUN/pid/kafka")
./pipeline reset --yes >"$work/said" 2>&1 </dev/null || failed "--yes: $(cat "$work/said")"
ended "$kafka" || failed "Kafka still runs"
expect "what is left by --yes" 2 "$(find "$TLC_RUN" -type f | wc -l)"
