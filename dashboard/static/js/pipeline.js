// The Pipeline page: what each part says of itself, from /api/status, asked again every two seconds while shown.

import {byId, node, setText} from './dom.js';
import {clock, count} from './format.js';
import {bindTheme} from './view.js';

const EVERY_MS = 2000;
// The flow in its order; `rate` names the counter or ledger entry whose growth is the part's rate, `from` the part to ask.
const FLOW = [
  {name: 'producer-client', text: 'replays a month on the event clock', next: '→', trunk: true},
  {name: 'producer-server', text: 'POST /trips, answers after the broker', rate: 'records_acked', unit: 'acknowledged', next: '→', trunk: true},
  {name: 'Kafka', text: 'topic trips, keyed by TripID', from: 'consumer-process', next: '→', trunk: true},
  {name: 'consumer-store', text: 'COPY into PostgreSQL, exactly once', rate: 'stored', unit: 'stored', next: '→'},
  {name: 'PostgreSQL', text: 'rows by source', from: 'consumer-store'},
  {name: 'consumer-process', text: 'windows by event time', rate: 'counted', unit: 'counted', next: '→'},
  {name: 'dashboard', text: 'windows in SQLite, these pages', rate: 'window_events', unit: 'in windows'},
];

const amount = (v) => typeof v === 'number' ? count(v) : String(v);
let before = null;

function numberOf(part, name) {
  return part?.status?.ledger?.[name] ?? part?.status?.counters?.[name];
}

function rateOf(part, entry, seconds) {
  const now = numberOf(part, entry.rate);
  const then = numberOf(before?.parts.get(part?.name), entry.rate);
  return now === undefined || then === undefined || seconds <= 0 || now < then ? null : (now - then) / seconds;
}

function box(entry, parts, seconds) {
  const part = parts.get(entry.name);
  const made = node('article', {className: part ? 'part' : 'part stand'});
  const title = node('h3', {}, entry.name);
  made.append(title);
  if (part) {
    made.dataset.figure = 'part';
    made.dataset.part = part.name;
    made.dataset.value = part.up ? 'up' : 'down';
    title.append(node('span', {className: part.up ? 'up' : 'down'}, part.up ? '✓ up' : '✗ down'));
    const rate = rateOf(part, entry, seconds);
    made.append(node('div', {className: 'rate'}, rate === null ? '–' : count(rate), ' ', node('small', {}, 'events/s')));
    const total = numberOf(part, entry.rate);
    made.append(node('p', {}, total === undefined ? 'no count yet' : `${count(total)} ${entry.unit}`));
  }
  made.append(node('p', {}, entry.text));
  if (!part) {
    made.append(node('p', {}, entry.from ? `seen through ${entry.from}` : 'runs while a replay runs'));
  }
  if (entry.next) {
    made.dataset.next = entry.next;
  }
  made.classList.toggle('trunk', entry.trunk === true);
  return made;
}

function table(place, title, head, rows) {
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

// A line that is open while messages are still to be read needs no hand; one that is open at rest does.
function drawLedger(lines, lag) {
  const open = lag > 0 ? '… in flight' : '✗ no';
  table(byId('ledger'), 'Ledger', ['Line', 'Left', 'Right', 'Holds', 'Note'], lines.map((l) => ({
    data: {figure: 'ledger', line: l.line, value: l.ok ? 'ok' : 'open', left: l.left, right: l.right}, bad: l.ok || lag > 0 ? -1 : 3,
    cells: [l.line, l.left ?? '–', l.right ?? '–', l.ok ? '✓ yes' : open, l.note ?? '']})));
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
  table(byId('watermarks'), 'Watermark by source', ['Source', 'Watermark (lowest)', 'Newest event', 'Late', 'Refused', 'Open trips'],
    [...bySource].map(([source, at]) => ({data: {figure: 'watermark', source, value: at.watermark},
      cells: [String(source), time(at.watermark), time(at.newest), at.late, at.refused, at.open]})));
}

// Before its first event and after its close mark a source's watermark is no point in time.
function time(seconds) {
  return seconds > 0 && seconds < 4102444800 ? clock(seconds) : seconds > 0 ? 'closed' : 'none yet';
}

function drawCounters(parts) {
  const rows = parts.flatMap((part) => [['ledger', part.status?.ledger], ['counters', part.status?.counters]].flatMap(([kind, found]) =>
    Object.entries(found ?? {}).filter(([, v]) => typeof v === 'number').map(([name, v]) => ({
      data: {figure: 'counter', part: part.name, name, value: v}, cells: [part.name, kind, name, v]}))));
  table(byId('counters'), 'Counters', ['Part', 'Kind', 'Name', 'Value'], rows);
}

function draw({parts, ledger}) {
  const at = performance.now();
  const byName = new Map(parts.map((part) => [part.name, part]));
  const seconds = before ? (at - before.at) / 1000 : 0;
  byId('flow').replaceChildren(...FLOW.map((entry) => box(entry, byName, seconds)));
  drawLedger(ledger ?? [], parts.flatMap((part) => part.status?.partitions ?? []).reduce((sum, p) => sum + Math.max(0, p.lag ?? 0), 0));
  drawLag(parts);
  drawWatermarks(parts);
  drawCounters(parts);
  before = {at, parts: byName};
  const down = parts.filter((part) => !part.up).length;
  show(down === 0 ? 'live' : 'lost', down === 0 ? `all ${parts.length} parts answer` : `${down} of ${parts.length} parts do not answer`);
}

function show(state, text) {
  byId('connection').dataset.state = state;
  setText(byId('connection-text'), text);
}

async function ask() {
  if (!document.hidden) {
    try {
      const reply = await fetch('/api/status', {cache: 'no-store'});
      if (!reply.ok) {
        throw new Error(`status ${reply.status}`);
      }
      draw(await reply.json());
    } catch {
      show('lost', `the dashboard does not answer, asking again every ${EVERY_MS / 1000} s`);
    }
  }
  setTimeout(ask, EVERY_MS);
}

bindTheme(byId('theme'), () => {});
ask();
