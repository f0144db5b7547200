# The ledger of docs/architecture.md §11: each line is left = right. Inputs: $m manifests, $c client summaries, $s $t $p $d the statuses
# of the instances of server, store, process and dashboard, $topic_end the topic's end offsets, $rows the rows counted in PostgreSQL. If
# there are any: $past what the logs of earlier servers report, $outside messages put into the topic past the server, $distinct events
# by source, $batch the days against the windows.
# The store's ledger is kept in PostgreSQL for all partitions, so any instance tells it; the others' are of their instance.
def total(f): map(f | to_entries[]) | group_by(.key) | map({key: .[0].key, value: (map(.value) | add)}) | from_entries;
def line(name; left; right; where):
    {name: name, left: left, right: right, ok: (left == right), where: where};

# Offsets that hold no message: marks of transactions, what was aborted or compacted.
def gaps_words(n): if n == 0 then "" else " + gaps" end;

# What the server acknowledged must lie in the log. More may: records answered with an error that the broker took all the same, and
# what a killed server had acknowledged since its start, which nobody knows any more; both are seen only here.
def kafka_line($server):
    ($ARGS.named.past // {acked: 0, failed: 0, marks: 0, killed: false}) as $past | ($ARGS.named.outside // 0) as $outside |
    ($past.acked + $past.marks + $outside + $server.records_acked + $server.marks + $t[0].ledger.gaps) as $sure |
    ($past.failed + ([$server.records_failed, $server.kafka_records_failed] | max)) as $doubtful |
    ($topic_end - $sure) as $more |
    ((if $outside == 0 then "" else " + put in from outside" end) + gaps_words($t[0].ledger.gaps)) as $words |
    if $past.killed then
        line("Kafka: end offsets = acked + close marks\($words) + \($more) of a server that was killed"; $topic_end; $sure + $more;
            "producer-server.log") | .ok = ($more >= 0)
    elif $more > 0 and $more <= $doubtful then
        line("Kafka: end offsets = acked + close marks\($words) + \($more) answered with 5xx"; $topic_end; $sure + $more;
            "producer-server.log")
    else
        line("Kafka: end offsets = acked since the topic began + close marks\($words)"; $topic_end; $sure;
            "producer-server.log; was something else written to the topic? then ./pipeline audit --outside N")
    end;

# Ids by source: in the event files, in the tables, in both. As many may be missing as the client says it has not sent.
def distinct_line:
    . as $n | ($n.files - $n.both) as $missing | ($missing <= $n.unsent) as $known |
    line("distinct events of source \($n.source): in the event files = in the tables" +
        (if $missing > 0 and $known then " + \($missing) not sent" else "" end);
        $n.files; $n.tables + (if $known then $missing else 0 end);
        "\($n.odd): \($missing) are in no table, \($n.tables - $n.both) are in no file or in a table twice") |
    .ok = ($known and $n.tables == $n.both);

# Files of one source whose rows have the same numbers and are not the same: their trips have the same ids, so the second file's are
# taken for copies of the first one's. The same file again, or packed otherwise, gives the same events and is none.
def overlap_lines:
    [$m[] | .output.sha256 as $events | .inputs[] | {source, name, sha256, $events, first: .first_row, last: .last_row} |
        select(.first != null)] | unique_by(.source, .sha256, .first) |
    [range(length) as $i | range($i + 1; length) as $k | [.[$i], .[$k]] |
        select(.[0].source == .[1].source and .[0].sha256 != .[1].sha256 and .[0].events != .[1].events) |
        {files: map(.name), source: .[0].source, n: ((map(.last) | min) - (map(.first) | max) + 1)} | select(.n > 0)] |
    .[] | line("rows of source \(.source) whose numbers \(.files | join(" and ")) both have"; .n; 0;
        "the second one's trips count as duplicates; pieces of a month go in one replay, or preprocess --first-row numbers them");

($s | total(.counters)) as $server | $t[0].ledger as $store | ($p | total(.ledger)) as $process | $d[0].ledger as $page |
[
  ($m[] | line("preprocess \(.inputs | map(.name) | join(" ")): rows read = rejected + trips";
      .rows_read; .rows_rejected + .trips; "manifest.json and rejects.csv beside its events")),
  overlap_lines,
  ($c[] | line("producer-client: events read = acked + refused + left"; .events_read; .acked + .refused + .left;
      "client.json and refused.ndjson beside its events")),
  line("producer-server: received = acked + refused + failed";
      $server.records_received; $server.records_acked + $server.records_refused + $server.records_failed;
      "producer-server.log and its /status; is a request still under way?"),
  kafka_line($server),
  line("Kafka: end offsets = messages that consumer-store read\(gaps_words($store.gaps))\(if $store.cut == 0 then "" else " + deleted before" end)";
      $topic_end; $store.read + $store.gaps + $store.cut;
      "consumer-store.log and its lag; ./pipeline settle waits for it"),
  line("consumer-store: read = stored + duplicate + refused + marks";
      $store.read; $store.stored + $store.duplicate + $store.refused + $store.marks; "tables store_offset and refused_event"),
  line("PostgreSQL: rows in trip_start and trip_end = stored\(if $store.stored_besides == 0 then "" else " + stored of other topics, and of logs before" end)";
      $rows; $store.stored + $store.stored_besides; "tables trip_start, trip_end, store_offset"),
  ($t[0].topic | select(.partitions > .partitions_at_first) |
    line("partitions of the topic when it was read first = now"; .partitions_at_first; .partitions;
        "docs/scaling.md, more partitions: trips under way then have their events in two partitions, and count as orphan and expired")),
  ($ARGS.named.distinct // [] | .[] | distinct_line),
  line("Kafka: end offsets = messages that consumer-process read\(gaps_words($process.gaps))"; $topic_end; $process.read + $process.gaps;
      "consumer-process.log and its lag; ./pipeline settle waits for it"),
  line("consumer-process: read = counted + duplicate + late + refused + marks"; $process.read;
      $process.counted + $process.duplicate + $process.late + $process.refused + $process.marks; "consumer-process.log and its /status"),
  line("dashboard: events in windows = counted"; $page.window_events; $process.counted; "dashboard.log, consumer-process.log (posts)"),
  (($page.refused_windows // 0) | select(. > 0) |
    line("windows that the dashboard refused"; .; 0; "the Pipeline page names them; a dashboard that is started again asks for them once more")),
  # What the days have more is what was late, less the late copies of events that only the windows count as late.
  ($ARGS.named.batch | values | . as $days |
    line("stream = batch, by source, day and zone: events in the days = in windows + late"; .batch;
        .stream + .superseded + (.late | add // 0) + $process.duplicate + $process.refused - $store.duplicate - $store.refused + $store.stored_besides;
        "./pipeline audit --diff") |
    .ok = (.ok and $days.wrong == 0 and $days.changed == 0 and
        all($days.more | to_entries[]; .value <= ($days.late[.key] // 0) + $days.superseded)))
] |
if $json == "--json" then .
else .[] | "\(if .ok then "ok" else "bad" end)\t\(.name): \(.left) = \(.right)\(if .ok then "" else "   look at: \(.where)" end)"
end
