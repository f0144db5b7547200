# Part of ./pipeline: days, weeks and months from the stored rows, and stream = batch: what they have against the live windows.

# Once, whatever BATCH_EVERY says for ./pipeline up.
cmd_batch() {
    load_state
    [ -n "${DATABASE_URL:-}" ] || fail 69 "nothing was started here: ./pipeline up first"
    exec env -u BATCH_EVERY "$bin/batch-process" --database "$DATABASE_URL" "${passed[@]}"
}

# Runs SQL over the windows summed by source, day and zone, as the relation "diff": the places where they and the days differ, of the
# sources that have windows. The days are brought up to date first: what has changed since the last run differs for no other reason.
stream_batch_sql() { # SQL, psql's further options...
    local sql=$1
    shift
    env -u BATCH_EVERY "$bin/batch-process" --database "$DATABASE_URL" --wait 2m >>"$run/log/batch.log" 2>&1 ||
        fail 69 "batch-process could not bring the days up to date: see $run/log/batch.log"
    curl -fsS --max-time 30 "$DASHBOARD_URL/api/windows/days" >"$run/windows-by-day.json" || fail 69 "the dashboard does not answer: see $run/log/dashboard.log"
    psql -qX -v ON_ERROR_STOP=1 "$@" "$DATABASE_URL" <<SQL
\\set windows \`cat $(printf '%q' "$run/windows-by-day.json")\`
BEGIN;
SET LOCAL jit = off;
SET LOCAL statement_timeout = 0;
CREATE TEMP TABLE sent ON COMMIT DROP AS SELECT :'windows'::jsonb AS doc;
CREATE TEMP TABLE diff ON COMMIT DROP AS
SELECT d.* FROM sent, stream_batch_diff(doc->'days') d
WHERE source_id IN (SELECT (s->>'source')::integer FROM jsonb_array_elements(doc->'sources') s);
$sql;
COMMIT;
SQL
}

# For the ledger: events on both sides, what the days have more by source, and places where the windows have more.
stream_batch() {
    local answer
    answer=$(stream_batch_sql "
        SELECT json_build_object(
            'batch', (SELECT coalesce(sum(starts::bigint + ends), 0) FROM day_total, sent WHERE zone_id > 0
                      AND source_id IN (SELECT (s->>'source')::integer FROM jsonb_array_elements(doc->'sources') s)),
            'more', (SELECT coalesce(json_object_agg(source_id, more), '{}') FROM (SELECT source_id, sum(batch - stream) AS more FROM diff GROUP BY 1) m),
            'wrong', (SELECT count(*) FROM diff WHERE stream > batch),
            'changed', (SELECT count(*) FROM dirty_day) + (SELECT count(*) FROM batch_todo))" -tA) || return 1
    jq -c --argjson batch "$answer" '$batch + {superseded: .superseded_events, late: (.sources | map({key: "\(.source)", value: .late}) | from_entries),
        stream: ([.days[] | .starts[][1], .ends[][1]] | add // 0)}' "$run/windows-by-day.json"
}

# ./pipeline audit --diff: source, day, zone and kind of every difference. Late events are there too: the days have more of them.
audit_diff() {
    BROKERS=1 INSTANCES=1
    load_state
    [ -n "${DASHBOARD_URL:-}" ] || fail 69 "nothing runs: ./pipeline up first"
    stream_batch_sql "SELECT source_id AS source, day, zone_id AS zone, what, stream, batch, batch - stream AS more FROM diff ORDER BY 1, 2, 3, 4"
}
