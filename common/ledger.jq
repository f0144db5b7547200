# The ledger of docs/architecture.md: each line is left = right. Inputs: $m manifests, $c client summaries, $s $t $p $d the statuses of
# server, store, process, dashboard, $topic_end the topic's end offsets, $rows the rows counted in PostgreSQL.
def sum(f): map(f) | add // 0;
def line(name; left; right; where):
    {name: name, left: left, right: right, ok: (left == right), where: where};
[
  ($m[] | line("preprocess \(.inputs | map(.name) | join(" ")): rows read = rejected + trips";
      .rows_read; .rows_rejected + .trips; "manifest.json")),
  ($c[] | line("producer-client: events read = acked + refused + left"; .events_read; .acked + .refused + .left; "client.json")),
  ($s.counters | line("producer-server: received = acked + refused + failed";
      .records_received; .records_acked + .records_refused + .records_failed; "producer-server /status")),
  line("Kafka: messages in the topic = messages that consumer-store read"; $topic_end; $t.ledger.read; "consumer-store /status"),
  ($t.ledger | line("consumer-store: read = stored + duplicate + refused + marks";
      .read; .stored + .duplicate + .refused + .marks; "store_offset")),
  ($p.ledger | line("consumer-process: read = counted + duplicate + late + refused + marks";
      .read; .counted + .duplicate + .late + .refused + .marks; "consumer-process /status")),
  line("Kafka: messages in the topic = messages that consumer-process read"; $topic_end; $p.ledger.read; "consumer-process /status"),
  line("dashboard: events in windows = counted"; $d.ledger.window_events; $p.ledger.counted; "dashboard /status"),
  line("PostgreSQL: rows in trip_start and trip_end = stored"; $rows; $t.ledger.stored; "psql")
] |
if $json == "--json" then .
else .[] | "\(if .ok then "ok" else "bad" end)\t\(.name): \(.left) = \(.right)\(if .ok then "" else "   look at \(.where)" end)"
end
