// The Pipeline page: what each part says of itself, pushed by /api/status/stream.

import {csvButton} from './csv.js';
import {byId, node, setText} from './dom.js';
import {Feed} from './feed.js';
import {count, dayAndMinute, decimal, duration, mebibytes, sourceTitle} from './format.js';
import {bindTheme} from './view.js';

// Rates are taken over so long: the parts are asked once a second, each at its own moment.
const RATE_MS = 5000;
// The flow in its order; `rate` names the counter or ledger entry whose growth is the part's rate, `from` the part to ask.
const FLOW = [
  {name: 'producer-client', text: 'replays a month on the event clock', aside: 'runs while a replay runs', next: '→', trunk: true},
  {name: 'producer-server', text: 'POST /trips, answers after the broker', rate: 'records_acked', unit: 'acknowledged', next: '→', trunk: true},
  {name: 'Kafka', text: 'topic trips, keyed by TripID', from: 'consumer-process', rate: 'ends', unit: 'in the topic', next: '→', trunk: true},
  {name: 'consumer-store', text: 'COPY into PostgreSQL, exactly once', rate: 'stored', unit: 'stored', next: '→'},
  {name: 'PostgreSQL', text: 'rows by source', from: 'consumer-store', rate: 'stored', unit: 'rows', next: '→'},
  {name: 'batch-process', text: 'days, weeks and months', aside: 'runs by hand, or with --every', rate: 'rows_read', unit: 'rows read'},
  {name: 'consumer-process', text: 'windows by event time', rate: 'counted', unit: 'counted', next: '→'},
  {name: 'dashboard', text: 'windows in SQLite, these pages', rate: 'window_events', unit: 'in windows'},
];

const amount = (v) => typeof v === 'number' ? count(v) : String(v);
const history = []; // [{at, parts}] of the last RATE_MS, oldest first

function numberOf(part, name) {
  if (name === 'ends') {
    const ends = part?.status?.partitions?.map((p) => p.end);
    return ends?.every((end) => Number.isInteger(end)) ? ends.reduce((a, b) => a + b, 0) : undefined;
  }
  return part?.status?.ledger?.[name] ?? part?.status?.counters?.[name];
}

// Growth a second of a number since the oldest sample; null when it is not known.
function rateOf(part, read) {
  const [oldest, newest] = [history[0], history[history.length - 1]];
  const seconds = (newest.at - oldest.at) / 1000;
  const [now, then] = [read(part), read(oldest.parts.get(part?.name))];
  return now === undefined || then === undefined || seconds <= 0 || now < then ? null : (now - then) / seconds;
}

function box(entry, parts) {
  const part = parts.get(entry.from ?? entry.name);
  const own = part && !entry.from;
  const made = node('article', {className: own ? 'part' : 'part stand'});
  const title = node('h3', {}, entry.name);
  made.append(title);
  if (own) {
    made.dataset.figure = 'part';
    made.dataset.part = part.name;
    made.dataset.value = part.up ? 'up' : 'down';
    title.append(node('span', {className: part.up ? 'up' : 'down'}, part.up ? '✓ up' : '✗ down'));
  }
  if (part) {
    const rate = rateOf(part, (p) => numberOf(p, entry.rate));
    const total = numberOf(part, entry.rate);
    made.append(node('div', {className: 'rate'}, rate === null ? '–' : count(rate), ' ', node('small', {}, 'events/s')),
      node('p', {className: 'total'}, total === undefined ? 'no count yet' : `${count(total)} ${entry.unit}`));
  }
  made.append(node('p', {}, entry.text));
  const aside = !part ? entry.aside : entry.from ? `seen through ${entry.from}` : part.reason;
  if (aside) {
    made.append(node('p', {className: own && !part.up ? 'down' : ''}, aside));
  }
  if (entry.next) {
    made.dataset.next = entry.next;
  }
  made.classList.toggle('trunk', entry.trunk === true);
  return made;
}

// What each table shows, for its CSV button.
const shown = new Map();

function table(place, title, head, rows) {
  if (!shown.has(place)) {
    const save = csvButton(() => title, () => shown.get(place));
    place.closest('.card').querySelector('.head').append(node('div', {className: 'tools'}, save));
  }
  shown.set(place, {head, rows: rows.map(({cells}) => cells)});
  if (rows.length === 0) {
    place.replaceChildren(node('p', {className: 'none'}, 'nothing to show yet'));
    return;
  }
  place.replaceChildren(node('table', {}, node('caption', {className: 'sr'}, title),
    node('thead', {}, node('tr', {}, ...head.map((text) => node('th', {scope: 'col'}, text)))),
    node('tbody', {}, ...rows.map(({cells, data, bad}) => {
      const made = node('tr', {}, ...cells.map((text, i) => node(i === 0 ? 'th' : 'td',
        {...(i === 0 ? {scope: 'row'} : {}), ...(bad === i ? {className: 'down'} : {})}, amount(text))));
      Object.assign(made.dataset, data);
      return made;
    }))));
}

// The parts are asked each at its own moment, so that a line may be open while anything moves; one that is open at rest needs a hand.
function isMoving(parts) {
  const lag = parts.flatMap((part) => part.status?.partitions ?? []).some((p) => p.lag > 0);
  return lag || parts.some((part) => ['records_received', 'read', 'window_events'].some((name) => rateOf(part, (p) => numberOf(p, name)) > 0));
}

function drawLedger(lines, moving) {
  const known = (l) => l.left !== null && l.right !== null;
  const verdict = (l) => l.ok ? '✓ yes' : !known(l) ? '? unknown' : moving ? '… in flight' : '✗ no';
  table(byId('ledger'), 'Ledger', ['Line', 'Left', 'Right', 'Holds', 'Note'], lines.map((l) => ({
    data: {figure: 'ledger', line: l.line, value: l.ok ? 'ok' : 'open', left: l.left, right: l.right}, bad: l.ok || moving || !known(l) ? -1 : 3,
    cells: [l.line, l.left ?? '–', l.right ?? '–', verdict(l), l.note ?? '']})));
}

// Windows that the dashboard did not take, by name: red at any time, as nothing but a hand ends it.
function drawRefused(parts) {
  const status = parts.find((part) => part.name === 'dashboard')?.status;
  const refused = status?.refused ?? [];
  const all = status?.ledger?.refused_windows ?? 0;
  byId('refused-card').hidden = refused.length === 0;
  setText(byId('rw-h'), all > refused.length ? `${count(all)} refused windows, the first ${refused.length}` : 'Refused windows');
  table(byId('refused'), 'Refused windows', ['Source', 'Window from', 'Partition', 'Events', 'Why'], refused.map((w) => ({
    data: {figure: 'refused', source: w.source, start: w.start, partition: w.partition, value: w.events}, bad: 4,
    cells: [sourceTitle(w.source), dayAndMinute(w.start), w.partition, w.events, w.text]})));
}

// One row a part: how it is, and what it turned away.
function drawParts(parts) {
  const replies = (part, kind) => part.status.counters?.[`http_responses{class="${kind}"}`] ?? '–';
  const cpu = (part) => rateOf(part, (p) => p?.status?.cpu_ns);
  const rows = parts.map((part) => ({data: {figure: 'health', part: part.name, value: part.up ? 'up' : 'down'}, bad: part.up && part.status.ready !== false ? -1 : 1,
    cells: part.up ? [part.name, [part.status.state ?? 'up', part.status.reason].filter(Boolean).join(': '), duration(part.status.uptime_s), mebibytes(part.status.rss_bytes),
      cpu(part) === null ? '–' : `${decimal(cpu(part) / 1e7)} %`, replies(part, '2xx'), replies(part, '4xx'), replies(part, '5xx'),
      numberOf(part, 'duplicate') ?? '–', numberOf(part, 'late') ?? '–', numberOf(part, 'refused') ?? numberOf(part, 'records_refused') ?? '–']
      : [part.name, part.reason ?? 'down', ...Array(9).fill('–')]}));
  table(byId('parts'), 'Parts', ['Part', 'State', 'Up for', 'Memory', 'CPU', 'Replies 2xx', '4xx', '5xx', 'Duplicates', 'Late', 'Refused'], rows);
}

function drawLag(parts) {
  const rows = parts.flatMap((part) => (part.status?.partitions ?? []).map((p) => ({
    data: {figure: 'lag', part: part.name, partition: p.partition, value: p.lag},
    cells: [`${part.name}, partition ${p.partition}`, p.position ?? '–', p.end ?? '–', p.lag ?? '–']})));
  table(byId('lag'), 'Lag by partition', ['Reader', 'Position', 'End', 'Lag'], rows);
}

function drawWatermarks(parts) {
  const bySource = new Map();
  for (const s of parts.flatMap((part) => part.status?.sources ?? [])) {
    const at = bySource.get(s.source) ?? {watermark: Infinity, newest: 0, late: 0, refused: 0, open: 0};
    at.watermark = Math.min(at.watermark, s.watermark_s);
    at.newest = Math.max(at.newest, s.max_event_s);
    at.late += s.late ?? 0;
    at.refused += s.refused ?? 0;
    at.open += s.open_trips ?? 0;
    bySource.set(s.source, at);
  }
  table(byId('watermarks'), 'Watermark by source', ['Source', 'Watermark', 'Newest event', 'Late', 'Refused', 'Open trips'],
    [...bySource].sort(([a], [b]) => a - b).map(([source, at]) => ({data: {figure: 'watermark', source, value: at.watermark},
      cells: [sourceTitle(source), time(at.watermark), time(at.newest), at.late, at.refused, at.open]})));
}

// Before its first event and after its close mark a source's watermark is no point in time.
function time(seconds) {
  return seconds > 0 && seconds < 4102444800 ? dayAndMinute(seconds) : seconds > 0 ? 'closed' : 'none yet';
}

function drawCounters(parts) {
  const rows = parts.flatMap((part) => [['ledger', part.status?.ledger], ['counters', part.status?.counters]].flatMap(([kind, found]) =>
    Object.entries(found ?? {}).filter(([, v]) => typeof v === 'number').map(([name, v]) => ({
      data: {figure: 'counter', part: part.name, name, value: v}, cells: [part.name, kind, name, v]}))));
  table(byId('counters'), 'Counters', ['Part', 'Kind', 'Name', 'Value'], rows);
}

function draw({parts, ledger}) {
  const byName = new Map(parts.map((part) => [part.name, part]));
  history.push({at: performance.now(), parts: byName});
  while (history.length > 2 && history[1].at < performance.now() - RATE_MS) {
    history.shift();
  }
  byId('flow').replaceChildren(...FLOW.map((entry) => box(entry, byName)));
  drawLedger(ledger ?? [], isMoving(parts));
  drawRefused(parts);
  drawParts(parts);
  drawLag(parts);
  drawWatermarks(parts);
  drawCounters(parts);
  const down = parts.filter((part) => !part.up).length;
  show(down === 0 ? 'live' : 'lost', down === 0 ? `all ${parts.length} parts answer` : `${down} of ${parts.length} parts do not answer`);
}

function show(state, text) {
  byId('connection').dataset.state = state;
  setText(byId('connection-text'), text);
}

// A hidden page draws nothing and shows the newest at once when it is looked at again.
let newest = null;
function drawNewest() {
  if (newest && !document.hidden) {
    draw(newest);
    newest = null;
  }
}

const feed = new Feed((status) => { newest = status; drawNewest(); }, ({state, retryInS}) => {
  if (state === 'lost') {
    show('lost', `the dashboard does not answer, retrying in ${retryInS} s`);
  }
}, {path: 'api/status', stream: 'api/status/stream', event: 'status'});
document.addEventListener('visibilitychange', drawNewest);
bindTheme(byId('theme'), () => {});
feed.open('');
