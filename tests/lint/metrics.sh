#!/usr/bin/env bash
# What the five daemons say at /metrics: Prometheus' rules for names, by these lines of awk everywhere, and by promtool where it is
# (TLC_PROMTOOL, else promtool). No server is needed: a daemon tells its metrics while it waits for its own.
# Usage: tests/lint/metrics.sh BUILD_DIR
set -euo pipefail
build=$(realpath "${1:?usage: tests/lint/metrics.sh BUILD_DIR}")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/support/check.sh disable=SC1091
. tests/support/check.sh
deps=${TLC_DEPS:-$PWD/.deps}
PATH=$deps/bin:$PATH
promtool=${TLC_PROMTOOL:-$(command -v promtool || true)}
[ -d "$deps/node_modules" ] || skip "the dashboard's libraries are not here: run ./pipeline setup"
unset KAFKA_BROKERS DATABASE_URL TLC_TOKEN_FILE KAFKA_PROPERTIES
work=$(mktemp -d "${TMPDIR:-/tmp}/taxi-metrics-XXXXXX")
pids=()
clean_up() {
    [ ${#pids[@]} -eq 0 ] || kill -KILL "${pids[@]}" 2>/dev/null || true
    rm -rf "$work"
}
trap clean_up EXIT

nobody=127.0.0.1:1
declare -A ports=() options=(
    [producer-server]="--brokers $nobody --listen"
    [consumer-store]="--brokers $nobody --database postgresql://$nobody/x --status-listen"
    [consumer-process]="--brokers $nobody --dashboard http://$nobody --status-listen"
    [batch-process]="--every 1h --database postgresql://$nobody/x --status-listen"
    [dashboard]="--db $work/dashboard.sqlite --vendor $deps/node_modules --listen"
)
answers() { curl -fsS "http://127.0.0.1:${ports[$1]}/metrics" -o "$work/$1.metrics"; }

# A name is words of small letters; a unit stands at its end, in full and in Prometheus' base units; only counters, and all of them,
# end in _total. The unit that a table's row names is the one of its name.
faults_of() { # file
    awk '
        BEGIN {
            n = split("s ms us ns sec secs m min mins minutes h hours d days weeks months years milliseconds microseconds nanoseconds " \
                "b kb mb gb tb pb kib mib gib bits kilobytes megabytes gigabytes kibibytes mebibytes percent miles cents count sum bucket", list, " ")
            for (i = 1; i <= n; i++) never[list[i]]
        }
        function fault(text) {print name ": " text}
        function words(  i, n, w) {
            if (name !~ /^[a-z]+(_[a-z0-9]+)+$/) fault("is not words of small letters between underscores")
            n = split(name, w, "_")
            for (i = 2; i <= n; i++) {
                if (w[i] in never) fault("\"" w[i] "\" is no base unit, or a word that histograms keep for themselves")
                if (w[i] ~ /^(seconds|bytes)$/ && !(i == n || (i == n - 1 && w[n] == "total") || (w[i + 1] == "per"))) fault("\"" w[i] "\" does not stand at the end")
            }
        }
        function unit_fits(unit) {
            if (unit ~ /^(ms|s|us|ns|KiB|MiB|kB|MB)$/) fault("its unit, " unit ", is no base unit")
            if (unit == "bytes" && name !~ /_bytes(_total)?$/) fault("is in bytes and does not say so")
            if (unit == "bytes a second" && name !~ /_bytes_per_second$/) fault("is in bytes a second and does not say so")
            if (unit == "seconds" && name !~ /_seconds(_total)?$/) fault("is in seconds and does not say so")
        }
        /^# HELP / {helped = $3; if (match($0, / \([^()]*\)\.$/)) unit = substr($0, RSTART + 2, RLENGTH - 4); else unit = ""; next}
        /^# TYPE / {
            name = $3; kind = $4; families++
            if (helped != name) fault("has no HELP right before it")
            if (name in seen) fault("stands there twice")
            seen[name]
            if ((kind == "counter") != (name ~ /_total$/)) fault("is a " kind ": only counters end in _total")
            words(); unit_fits(unit)
            next
        }
        {sample = $1; sub(/[{].*/, "", sample); if (kind == "histogram") sub(/_(bucket|sum|count)$/, "", sample)
            if (sample != name) {other = name; name = sample; fault("stands below the TYPE of " other); name = other}}
        END {if (families < 10) print FILENAME ": only " families + 0 " metrics"}' "$1"
}

# The rules find what they are for.
printf '%s\n' '# HELP tlc_x_history_ms_total Time (ms).' '# TYPE tlc_x_history_ms_total counter' 'tlc_x_history_ms_total 1' \
    '# HELP tlc_x_gap_days Gaps (days).' '# TYPE tlc_x_gap_days gauge' 'tlc_x_gap_days 1' \
    '# HELP tlc_x_bytes_read_total Bytes (bytes).' '# TYPE tlc_x_bytes_read_total counter' 'tlc_x_bytes_read_total 1' \
    '# HELP tlc_x_runs Runs (runs).' '# TYPE tlc_x_runs counter' 'tlc_x_runs 1' >"$work/wrong"
for word in '"ms" is no base unit' 'its unit, ms' '"days" is no base unit' '"bytes" does not stand at the end' 'is in bytes and does not' 'only counters'; do
    faults_of "$work/wrong" | grep -qF -e "$word" || failed "the rules do not find: $word"
done

for name in "${!options[@]}"; do
    [ -x "$build/bin/$name" ] || skip "$name is not built"
    ports[$name]=$(free_port)
    # shellcheck disable=SC2086 # several words
    "$build/bin/$name" ${options[$name]} "127.0.0.1:${ports[$name]}" >"$work/$name.log" 2>&1 &
    pids+=($!)
    disown
done
for name in "${!options[@]}"; do
    await 20 "metrics of $name" answers "$name"
    expect "names of $name" '' "$(faults_of "$work/$name.metrics")"
    [ -z "$promtool" ] || expect "promtool on $name" '' "$("$promtool" check metrics <"$work/$name.metrics" 2>&1 || true)"
done
[ -n "$promtool" ] || printf 'SKIPPED in part: no promtool (./pipeline test brings it on Debian, or TLC_PROMTOOL=...): the names were checked by our rules alone\n' >&2
