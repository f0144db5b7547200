# The ledger of docs/architecture.md: each line is left = right. Inputs: $m manifests, $c client summaries, $s $t $p $d the statuses
# of the instances of server, store, process and dashboard, $topic_end the topic's end offsets, $rows the rows counted in PostgreSQL.
# The store's ledger is kept in PostgreSQL for all partitions, so any instance tells it; the others' are of their instance.
def total(f): map(f | to_entries[]) | group_by(.key) | map({key: .[0].key, value: (map(.value) | add)}) | from_entries;
def line(name; left; right; where):
    {name: name, left: left, right: right, ok: (left == right), where: where};
($s | total(.counters)) as $server | $t[0].ledger as $store | ($p | total(.ledger)) as $process | $d[0].ledger as $page |
[
  ($m[] | line("preprocess \(.inputs | map(.name) | join(" ")): rows read = rejected + trips";
      .rows_read; .rows_rejected + .trips; "manifest.json")),
  ($c[] | line("producer-client: events read = acked + refused + left"; .events_read; .acked + .refused + .left; "client.json")),
  line("producer-server: received = acked + refused + failed";
      $server.records_received; $server.records_acked + $server.records_refused + $server.records_failed; "producer-server /status"),
  line("Kafka: messages in the topic = messages that consumer-store read"; $topic_end; $store.read; "consumer-store /status"),
  line("consumer-store: read = stored + duplicate + refused + marks";
      $store.read; $store.stored + $store.duplicate + $store.refused + $store.marks; "store_offset"),
  line("consumer-process: read = counted + duplicate + late + refused + marks"; $process.read;
      $process.counted + $process.duplicate + $process.late + $process.refused + $process.marks; "consumer-process /status"),
  line("Kafka: messages in the topic = messages that consumer-process read"; $topic_end; $process.read; "consumer-process /status"),
  line("dashboard: events in windows = counted"; $page.window_events; $process.counted; "dashboard /status"),
  line("PostgreSQL: rows in trip_start and trip_end = stored"; $rows; $store.stored; "psql"),
  # What the days have more is what was late, less the late copies of events that only the windows count as late.
  ($ARGS.named.batch | values | . as $days |
    line("stream = batch, by source, day and zone: events in the days = in windows + late"; .batch;
        .stream + .superseded + (.late | add // 0) + $process.duplicate + $process.refused - $store.duplicate - $store.refused;
        "./pipeline audit --diff") |
    .ok = (.ok and $days.wrong == 0 and $days.changed == 0 and
        all($days.more | to_entries[]; .value <= ($days.late[.key] // 0) + $days.superseded)))
] |
if $json == "--json" then .
else .[] | "\(if .ok then "ok" else "bad" end)\t\(.name): \(.left) = \(.right)\(if .ok then "" else "   look at \(.where)" end)"
end
