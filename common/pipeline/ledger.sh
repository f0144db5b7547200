# Part of ./pipeline: settle and audit, what every part says it has read and kept, laid side by side.

# Until everything that is in the log is in the table and on the page.
cmd_settle() {
    INSTANCES=1
    load_state
    local i deadline=${1:-120}
    for ((i = 0; i < deadline * 4; i++)); do
        settled && return 0
        sleep 0.25
    done
    fail 69 "the consumers did not catch up in $deadline s: see $run/log/consumer-store.log and consumer-process.log"
}

get() { curl -fsS --max-time 5 "$1"; }

# The /status of every instance of a part, as one JSON array.
statuses() { # part
    local name variable
    for name in $(instances_of "$1"); do
        variable=$(url_variable "$name")
        get "${!variable}/status" || fail 69 "$name does not answer: see $run/log/$name.log"
    done | jq -s .
}

settled() {
    local store process dashboard
    store=$(statuses consumer-store 2>/dev/null) && process=$(statuses consumer-process 2>/dev/null) &&
        dashboard=$(statuses dashboard 2>/dev/null) || return 1
    jq -en --argjson s "$store" --argjson p "$process" --argjson d "$dashboard" '
        ([$s[].partitions[], $p[].partitions[] | .lag] | length > 0 and all(. == 0)) and
        ($s[0].ledger.read == ([$p[].ledger.read] | add)) and
        ($d[0].ledger.window_events == ([$p[].ledger.counted] | add))' >/dev/null
}

topic_end() {
    kafka_java 256m org.apache.kafka.tools.GetOffsetShell --bootstrap-server "$KAFKA_BROKERS" --topic trips 2>/dev/null |
        awk -F: '{n += $3} END {print n + 0}'
}

cmd_audit() {
    case ${1:-} in
    '' | --json) audit "${1:-}" ;;
    --diff) audit_diff ;;
    *) fail 64 "usage: ./pipeline audit [--json | --diff]" ;;
    esac
}

audit() { # '' or --json
    BROKERS=1 INSTANCES=1
    load_state
    [ -n "${SERVER_URL:-}" ] || fail 69 "nothing runs: ./pipeline up first"
    local server store process dashboard end rows manifests clients batch
    server=$(statuses producer-server) && store=$(statuses consumer-store) && process=$(statuses consumer-process) &&
        dashboard=$(statuses dashboard) || exit 69
    end=$(topic_end)
    rows=$(psql -qXtA "$DATABASE_URL" -c 'select (select count(*) from trip_start) + (select count(*) from trip_end)') ||
        fail 69 "PostgreSQL does not answer: see $run/log/postgres.log"
    manifests=$(find "$run/replay" -name manifest.json -exec cat {} + 2>/dev/null | jq -s .)
    clients=$(find "$run/replay" -name client.json -exec cat {} + 2>/dev/null | jq -s .)
    batch=$(stream_batch) || fail 69 "the days could not be compared with the windows"
    jq -rn --argjson m "$manifests" --argjson c "$clients" --argjson s "$server" --argjson t "$store" \
        --argjson p "$process" --argjson d "$dashboard" --argjson topic_end "$end" --argjson rows "$rows" --argjson batch "$batch" \
        --arg json "$1" -f common/pipeline/ledger.jq | ledger_print "$1"
}

ledger_print() {
    if [ "$1" = --json ]; then
        cat
        return
    fi
    local verdict line lines=0 good=0
    while IFS=$'\t' read -r verdict line; do
        lines=$((lines + 1))
        if [ "$verdict" = ok ]; then
            printf ' %s✓%s %s\n' "$green" "$plain" "$line"
            good=$((good + 1))
        else
            printf ' %s✗%s %s\n' "$red" "$plain" "$line"
        fi
    done
    if [ $lines -gt 0 ] && [ $lines -eq $good ]; then
        say "the ledger balances"
    else
        say "the ledger does NOT balance"
        return 1
    fi
}
