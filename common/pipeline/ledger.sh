# Part of ./pipeline: settle and audit, what every part says it has read and kept, laid side by side.

# Until everything that is in the log now is in the table and on the page.
cmd_settle() {
    INSTANCES=1
    load_state
    local i end deadline=${args[0]:-120}
    want_urls
    end=$(topic_size) && end=${end% *} || exit 69
    for ((i = 0; i < deadline * 4; i++)); do
        settled "$end" && return 0
        sleep 0.25
    done
    fail 69 "the consumers did not catch up in $deadline s: see $run/log/consumer-store.log and consumer-process.log"
}

# Programs that were started by hand are where they listen when nothing else is said.
want_urls() {
    [ -n "${KAFKA_BROKERS:-}" ] || fail 69 "nothing runs: ./pipeline up first"
    : "${SERVER_URL:=http://127.0.0.1:8080}" "${STORE_URL:=http://127.0.0.1:8081}" "${PROCESS_URL:=http://127.0.0.1:8082}"
    : "${DASHBOARD_URL:=http://127.0.0.1:8090}"
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

# Only the instance that has a partition tells its counts, and while a group moves it nobody does: so this waits for the group.
held_statuses() { # part, partitions of the topic
    local i list
    for ((i = 0; i < 240; i++)); do
        list=$(statuses "$1") || exit 69
        if jq -e --argjson n "$2" '[.[].partitions[].partition] | sort == [range($n)]' <<<"$list" >/dev/null; then
            printf '%s\n' "$list"
            return 0
        fi
        sleep 0.25
    done
    fail 69 "after a minute the instances of $1 do not hold the $2 partitions of the topic, each by one of them: see $run/log/$1.log"
}

settled() { # messages
    local store process dashboard
    store=$(statuses consumer-store 2>/dev/null) && process=$(statuses consumer-process 2>/dev/null) &&
        dashboard=$(statuses dashboard 2>/dev/null) || return 1
    jq -en --argjson s "$store" --argjson p "$process" --argjson d "$dashboard" --argjson messages "$1" '
        ($s[0].ledger | .read + .gaps + .cut >= $messages) and ([$p[].ledger | .read + .gaps] | add >= $messages) and
        ($d[0].ledger.window_events == ([$p[].ledger.counted] | add))' >/dev/null
}

# Messages in the topic, and its partitions.
topic_size() {
    kafka_java 256m org.apache.kafka.tools.GetOffsetShell --bootstrap-server "$KAFKA_BROKERS" --topic "${KAFKA_TOPIC:-trips}" 2>"$run/log/topic-size.log" |
        awk -F: '{n += $3} END {print n + 0, NR}' || fail 69 "Kafka does not tell the end of the topic: see $run/log/topic-size.log"
}

# A file of each replay, as one JSON array. There may be none: events come from elsewhere, too.
of_replays() { # name
    { [ ! -d "$run/replay" ] || find "$run/replay" -type f -name "$1" -exec cat {} +; } | jq -s .
}

# The whole ledger, down to the id of every event.
cmd_audit() {
    if [ -n "${given[--diff]:-}" ]; then
        [ ${#given[@]} -eq 1 ] || refuse audit "--diff stands alone: it is another question"
        audit_diff
        return
    fi
    audit "${given[--json]:+--json}" "${given[--outside]:-0}" whole
}

# Without "whole" in a second or two, however many rows there are: no id and no day is compared.
audit() { # '' or --json, messages from outside, '' or whole
    # shellcheck disable=SC2034 # for all_names
    BROKERS=1 INSTANCES=1
    load_state
    want_urls
    local server store process dashboard end partitions rows manifests clients past batch=null distinct='[]'
    server=$(statuses producer-server) && end=$(topic_size) || exit 69
    read -r end partitions <<<"$end"
    store=$(statuses consumer-store) && process=$(held_statuses consumer-process "$partitions") && dashboard=$(statuses dashboard) || exit 69
    rows=$(sql 'select (select count(*) from trip_start) + (select count(*) from trip_end)') || exit 69
    manifests=$(of_replays manifest.json) && clients=$(of_replays client.json) || exit 69
    past=$(servers_past)
    if [ "${3:-}" = whole ]; then
        distinct=$(distinct_events) || exit 69
        batch=$(stream_batch) || fail 69 "the days could not be compared with the windows"
    fi
    jq -rn --argjson m "$manifests" --argjson c "$clients" --argjson s "$server" --argjson t "$store" \
        --argjson p "$process" --argjson d "$dashboard" --argjson past "$past" --argjson topic_end "$end" \
        --argjson outside "${2:-0}" --argjson rows "$rows" --argjson distinct "$distinct" --argjson batch "$batch" \
        --arg json "$1" -f common/pipeline/ledger.jq | ledger_print "$1"
}

sql() {
    psql -qXtA "$DATABASE_URL" -c "$1" || fail 69 "PostgreSQL does not answer: see $run/log/postgres.log"
}

# What servers that ended said of themselves at their end. One that ended without a word was killed; and of a topic that others
# could write to before, nobody knows; nor of a server that was started by hand and has no log here.
servers_past() {
    local name others=0 logs=(/dev/null)
    [[ ${TLC_EXTERNAL:-} != *kafka* ]] || others=1
    for name in $(instances_of producer-server); do
        if [ -f "$run/log/$name.log" ]; then logs+=("$run/log/$name.log"); else others=1; fi
    done
    awk -v others=$others '
        FNR == 1 {running = 0}
        / event=listening / {killed += running; running = 1}
        / event=draining / {running = 0}
        /^records_acked [0-9]+ / {acked += $2}
        /^records_failed [0-9]+ / {failed += $2}
        /^marks [0-9]+ / {marks += $2}
        END {printf "{\"acked\":%d,\"failed\":%d,\"marks\":%d,\"killed\":%s}\n", acked, failed, marks, (killed + others > 0) ? "true" : "false"}
    ' "${logs[@]}"
}

ledger_print() {
    local verdict line lines=0 good=0
    if [ "$1" = --json ]; then
        jq -r 'tojson, (if all(.[]; .ok) then "ok" else "bad" end)' | { read -r line && jq . <<<"$line" && read -r line && [ "$line" = ok ]; }
        return
    fi
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

# ---------------------------------------------------------------- every single event

# Exact, and without a table of our own: both sides are sorted, and comm tells them apart. Starts and ends at the same time, as there
# are two cores; six million events take some five seconds.

# Ids of the events with that status, as text of one width, so that the order of bytes is theirs. Copies within the files are one event;
# copies in a table are not.
ids_of_files() { # status, folders...
    local status=$1
    shift
    cat "${@/%//events.ndjson}" | grep -F "\"Status\":\"$status\"" | cut -b 11-26 | LC_ALL=C sort -u -S 15%
}
ids_of_tables() { # status, sources...
    local status=$1 source ranges=false
    shift
    for source in "$@"; do ranges+=" or trip_id between ${source}000000000 and ${source}999999999"; done
    sql "copy (select trip_id from trip_$status where $ranges order by trip_id) to stdout"
}

# Lines "source, in the files, in the tables, in both". Ids that are on one side only are left in a file for whoever has to look.
compare_ids() { # status, "sources", folders...
    local status=$1 sources
    read -ra sources <<<"$2"
    shift 2
    ids_of_tables "$status" "${sources[@]}" >"$run/audit.tables.$status" || return 69
    ids_of_files "$status" "$@" | LC_ALL=C comm - "$run/audit.tables.$status" | awk -F'\t' -v status="$status" -v odd="$run/audit.$status" '
        BEGIN {printf "" >odd}
        {source = substr($NF, 1, 7); seen[source]}
        NF == 1 {files[source]++; print $NF, status, "is in no table" >odd}
        NF == 2 {tables[source]++; print $NF, status, "is in no event file, or in the table twice" >odd}
        NF == 3 {both[source]++}
        END {for (s in seen) print s, files[s] + both[s], tables[s] + both[s], both[s] + 0}'
    rm -f "$run/audit.tables.$status"
}

# Lines "source, how many of its events may be missing": those that the client has no answer for, of all files of the same replay, which
# left its summary in the first folder and links in the others. Without a summary the client was killed, or is not done.
unsent_by_source() { # folders...
    local folder summary list
    local -A replays=()
    for folder in "$@"; do
        summary=$(readlink -e "$folder/client.json") || summary=$folder
        replays[$summary]+="$folder/manifest.json"$'\n'
    done
    for summary in "${!replays[@]}"; do
        mapfile -t list <<<"${replays[$summary]%$'\n'}"
        if [ -f "$summary" ]; then cat "$summary"; else printf '{"acked":0,"acked_before":0}'; fi |
            jq -r --slurpfile manifests <(cat "${list[@]}") '(([$manifests[].events] | add) - .acked - .acked_before) as $n |
                $manifests[].inputs[] | "\(.source) \([$n, 0] | max)"'
    done
}

# The events of everything that was replayed from a file here, by source.
distinct_events() {
    local folder folders=() unsent sources
    for folder in "$run"/replay/*/; do
        [ ! -f "$folder/events.ndjson" ] || [ ! -f "$folder/manifest.json" ] || folders+=("${folder%/}")
    done
    [ ${#folders[@]} -gt 0 ] || { printf '[]\n'; return; }
    unsent=$(unsent_by_source "${folders[@]}")
    sources=$(cut -d' ' -f1 <<<"$unsent" | sort -u | paste -sd' ')
    compare_ids start "$sources" "${folders[@]}" >"$run/audit.counts.start" &
    compare_ids end "$sources" "${folders[@]}" >"$run/audit.counts.end" && wait $! || return 69
    jq -Rn --arg unsent "$unsent" --arg odd "$run/audit.start and .end" '
        (reduce ($unsent | split("\n")[] | split(" ")) as [$s, $n] ({}; .[$s] += ($n | tonumber))) as $allowed |
        [inputs | split(" ")] | group_by(.[0]) | map({source: .[0][0], files: (map(.[1] | tonumber) | add),
            tables: (map(.[2] | tonumber) | add), both: (map(.[3] | tonumber) | add), unsent: ($allowed[.[0][0]] // 0), odd: $odd})
    ' "$run"/audit.counts.{start,end}
    rm -f "$run"/audit.counts.{start,end}
}
