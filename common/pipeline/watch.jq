# The dashboard's summary and status as text for a terminal of 80 columns. Colours are given, and empty where there are none.

def spaces: [range(.)] | map(" ") | join("");
def left($n): tostring | if length > $n then .[0:$n - 1] + "…" else . + ($n - length | spaces) end;
def right($n): tostring | ([0, $n - length] | max | spaces) + .;
def thousands: tostring | [while(length > 0; .[0:-3])] | map(.[-3:]) | reverse | join(",");
def count: round | if . < 0 then "-" + (-. | thousands) else thousands end;
def tenth: . * 10 | round | (. / 10 | floor | tostring) + "." + (. % 10 | tostring);
def dollars: . / 100 | round | if . < 0 then "-$" + (-. | thousands) else "$" + thousands end;
def minutes: if . >= 3600 then "60+ min" else (. / 60 | tenth) + " min" end;
def clock: strflocaltime("%a %e %b %Y, %H:%M") | gsub(" +"; " ");
def heading: "\($bold)\(.)\($plain)";

# The last 24 event hours in eight heights.
def line: (max // 0) as $top
    | map(if . <= 0 then " " else (. / $top * 7 | floor) as $i | "▁▂▃▄▅▆▇█"[$i:$i + 1] end) | join("");

def change($now; $before): if $before == 0 then "" else
    (if $now > $before then "▲ " elif $now < $before then "▼ " else "= " end)
    + (($now - $before) / $before * 100 | fabs | count) + " %" end;

def figure($title; $name; show): .figures[$name] as $now
    | "  " + ($title | left(18)) + (($now | show) | right(12) | heading) + "   "
    + (change($now; .figures.before[$name]) | left(15)) + (.spark[$name] | line);

def sources: if length == 0 then "nothing yet" elif length <= 2 then map(.text) | join("; ")
    else "\(.[0].text) and \(length - 1) more" end;

def zone($zones): tostring as $id | $zones[$id] // "zone \($id)";
def duration: if . < 3600 then "\(. / 60 | floor) min" else "\(. / 3600 | floor) h \(. / 60 | floor | . % 60) min" end;

$summary[0] as $s | $status[0] as $all
| ([$meta[0].zones[] | {key: (.[0] | tostring), value: .[1]}] | from_entries) as $zones
| ([$all.parts[].status.partitions[]?.lag // 0] | add // 0) as $lag
| ($s.idle_ms > 3000) as $quiet
| [$all.parts[] | select(.up | not)] as $down
| ((if $s.have_data then $s.clock_s | clock else "no trips yet: ./pipeline replay green 2024-01" end) | heading)
    + (if $s.label == "" then "" else "   [\($s.label)]" end),
  "New York time · \($s.sources | sources) · "
    + (if $quiet then "at rest" else "\($s.speed | count) × · \($s.event_rate | count) events/s" end) + " · "
    + (if $connection == "live" then $green else $red end) + $connection + $plain,
  ("" | left(35)) + ("vs yesterday" | left(15)) + "last 24 event hours",
  ($s | figure("Under way now"; "under_way"; count), figure("Started today"; "started"; count),
      figure("Completed today"; "completed"; count), figure("Median ride today"; "median_ride_s"; minutes),
      figure("Revenue today"; "revenue_cents"; dollars)),
  "  " + ("Late events" | left(18)) + ($s.figures.late | count | right(12) | heading) + "   of \($s.figures.events | count)",
  "",
  ("Top pickup zones today" | heading),
  (if $s.zones.pickups == [] then "  none" else $s.zones.pickups | sort_by(-.[1], .[0])[0:5][]
      | "  " + (.[0] | zone($zones) | left(40)) + (.[1] | count | right(12)) end),
  "",
  ("Longest rides under way" | heading),
  (if $s.longest == null then "  not told since the dashboard was started" elif $s.longest == [] then "  none" else $s.longest[0:5][] | "  " + (.[2] | zone($zones) | left(40))
      + (($s.clock_s - .[1] | duration) | right(12)) + "   since " + (.[1] | strflocaltime("%H:%M")) end),
  "",
  ("Ledger" | heading) + (if $down == [] then "" else "   " + $red + ($down | map(.name) | join(", ")) + " down" + $plain end),
  ($all.ledger[] | (.left == null or .right == null) as $unknown
      | "  " + (if .ok then $green + "✓" elif $unknown then "?" elif $lag > 0 or ($quiet | not) then "…" else $red + "✗" end) + $plain + " "
      + (.line | left(72)) + (if .ok or $unknown then "" else "\n      \(.left | count) against \(.right | count)" end))
