# What the measurements of the whole and of a big month share: a state of their own, CPU and memory of its processes, and their report.
# shellcheck shell=bash
# Sourced from the repository root. Everything ends with the script; results gathers what was reported, a line of JSON each.
work=$(mktemp -d "${TMPDIR:-/tmp}/taxi-bench-XXXXXX")
export TLC_RUN=$work/run TLC_ANY_PORT=1
unset KAFKA_BROKERS DATABASE_URL
bin=${TLC_BIN:-build/bin}
mkdir -p tests/out
results=$work/results.jsonl
: >"$results"
clean_up() {
    ./pipeline reset --yes >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap clean_up EXIT

now() { date +%s.%N; }
ticks=$(getconf CLK_TCK)
pid_of() { cut -d' ' -f1 "$TLC_RUN/pid/$1" 2>/dev/null || true; }
# CPU seconds of a process with its children, those that have ended too.
cpu() {
    local pid=$1 list
    [ -d "/proc/${pid:-none}" ] || { printf 0; return; }
    list="$pid $(pgrep -P "$pid" | tr '\n' ' ')" || true
    for pid in $list; do cat "/proc/$pid/stat" 2>/dev/null; done |
        sed 's/^.*) //' | awk -v t="$ticks" 'NR == 1 {n += $14 + $15} {n += $12 + $13} END {printf "%.2f", n / t}'
}
peak() { awk '/VmHWM/ {printf "%d", $2 / 1024}' "/proc/$1/status"; }

servers=(producer-server consumer-store consumer-process dashboard kafka postgres)
declare -A before
note_cpu() {
    local name
    for name in "${servers[@]}"; do before[$name]=$(cpu "$(pid_of "$name")"); done
}
report() { # stage, events, seconds, further "name cpu_seconds peak_mib" triples by line on stdin
    local name pid
    printf '%-28s %9d events  %6.1f s  %9.0f events/s\n' "$1" "$2" "$3" "$(awk "BEGIN {print $2 / $3}")"
    {
        cat
        for name in "${servers[@]}"; do
            pid=$(pid_of "$name")
            [ -d "/proc/${pid:-none}" ] || continue
            printf '%s %s %s\n' "$name" "$(awk "BEGIN {print $(cpu "$pid") - ${before[$name]:-0}}")" "$(peak "$pid")"
        done
    } | while read -r name seconds mib; do
        awk "BEGIN {exit !($seconds > 0.05)}" || continue
        printf '    %-24s %8.0f ns CPU an event   peak %5d MiB\n' "$name" "$(awk "BEGIN {print $seconds * 1e9 / $2}")" "$mib"
        jq -cn --arg stage "$1" --arg process "$name" --argjson events "$2" --argjson seconds "$3" --argjson cpu "$seconds" --argjson mib "$mib" \
            '{stage: $stage, process: $process, events: $events, seconds: $seconds, events_per_s: ($events / $seconds), cpu_ns_per_event: ($cpu * 1e9 / $events), peak_mib: $mib}' >>"$results"
    done
}
# Runs a command; sets took, and used: "name cpu_seconds peak_mib".
timed() { # name, command...
    local name=$1 start
    shift
    start=$(now)
    /usr/bin/env python3 - "$@" 2>"$work/timed" >"$work/$name.out" <<'PY'
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print("TIMED", used.ru_utime + used.ru_stime, used.ru_maxrss // 1024, file=sys.stderr)
sys.exit(status)
PY
    took=$(awk "BEGIN {print $(now) - $start}")
    used="$name $(awk '/^TIMED/ {print $2, $3}' "$work/timed")"
}
up() { # NAME...
    ./pipeline up "$@" >"$work/up.log" 2>&1 || { cat "$work/up.log" >&2; exit 69; }
    # shellcheck disable=SC1091
    . "$TLC_RUN/env"
}
stop_one() {
    local pid
    pid=$(pid_of "$1")
    kill -TERM "$pid"
    while [ -d "/proc/$pid" ]; do sleep 0.05; done
}
lag() { curl -fsS "$1/status" | jq '[.partitions[].lag] | if length > 0 then add else 1 end'; }
drain() { while [ "$(lag "$1")" != 0 ]; do sleep 0.05; done; }
since() { awk "BEGIN {print $(now) - $1}"; }
client() { # folder with events: sets took and used
    timed producer-client "$bin/producer-client" "$1/events.ndjson" --url "$SERVER_URL" --speed max --progress none --summary "$1/client.json"
}
