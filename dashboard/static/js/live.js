// The Live page: takes summaries from the feed, and has each part drawn when it is on screen. The figures come first; what needs
// the zones' names, then what needs the chart libraries, joins them when that is loaded.

import {csvButton} from './csv.js';
import {breathe, byId, forgetColours, node, setData, setText} from './dom.js';
import {Feed} from './feed.js';
import {Figures} from './figures.js';
import {Filters} from './filters.js';
import {count, hourAndMinute, spanText} from './format.js';
import {TABLES, drawLongest, drawRoutes, drawZones} from './rankings.js';
import {Rhythm} from './rhythm.js';
import {Stage} from './stage.js';
import {StateLine} from './stateline.js';
import {bindSwitch, bindTheme, change, onChange, serverQuery, view} from './view.js';
import {loadZones} from './zones.js';

const SAY_EVERY_MS = 20000;
const SERVER_SIDE = ['dataset', 'source', 'zone', 'route', 'span', 'hours'];

let summary = null;
let meta = null;
let saidAt = 0;
const recoloured = []; // drawings that take their colours anew when the theme changes

function say() {
  const now = performance.now();
  if (now - saidAt > SAY_EVERY_MS) {
    saidAt = now;
    const {figures} = summary;
    byId('say').textContent = `${byId('clock').textContent}: ${count(figures.under_way)} trips under way, ` +
      `${count(figures.started)} started and ${count(figures.completed)} completed today.`;
  }
}

// Loads a library, a script that is no module, unless its global is there already.
const library = (name, src) => globalThis[name] ?? new Promise((done, fail) => {
  const script = node('script', {src});
  script.addEventListener('load', done);
  script.addEventListener('error', () => fail(new Error(`${src} does not load`)));
  document.head.append(script);
});

function stageDrawing(stage, id, part) {
  stage.add(byId(id), () => summary?.have_data && part.draw(summary, view));
  recoloured.push(part);
}

async function stageCharts(stage, {zones, shapes}) {
  await library('Chart', 'vendor/chart.umd.js');
  await library('ChartGeo', 'vendor/chartjs-chart-geo.umd.js');
  const [{Hours}, {Rides}, {ZoneMap}, found] = await Promise.all([import('./hours.js'), import('./rides.js'), import('./map.js'), shapes()]);
  for (const [id, make] of Object.entries({hours: (place) => new Hours(place), rides: (place) => new Rides(place),
    map: (place) => new ZoneMap(place, zones, found)})) {
    await breathe();
    stageDrawing(stage, id, make(byId(id)));
  }
}

function stageRankings(stage, zones) {
  const ranking = (id, draw, file, sub = () => spanText(view.span, summary.clock_s)) => {
    const section = byId(id);
    section.querySelector('.head').append(node('div', {className: 'tools'}, csvButton(() => section.querySelector('h2').textContent, file)));
    stage.add(section, () => {
      if (summary?.have_data) {
        draw(section.querySelector('.bars'));
        setText(section.querySelector('.sub'), sub());
      }
    });
  };
  ranking('top-pickups', (list) => drawZones(list, 'top_pickup', summary.zones.pickups, zones), () => TABLES.zones(summary.zones.pickups, zones));
  ranking('top-dropoffs', (list) => drawZones(list, 'top_dropoff', summary.zones.dropoffs, zones), () => TABLES.zones(summary.zones.dropoffs, zones));
  ranking('routes', (list) => drawRoutes(list, summary.routes, zones), () => TABLES.routes(summary.routes, zones),
    () => `pickup to drop-off, mean ride; ${spanText(view.span, summary.clock_s)}`);
  ranking('longest', (list) => {
    drawLongest(list, summary.longest, summary.clock_s, zones);
    const [long] = summary.ride_bins.slice(-1);
    setText(byId('longest').querySelector('.note'), `${count(long)} of the rides completed today took an hour or more`);
  }, () => TABLES.longest(summary.longest, summary.clock_s, zones), () => `pickup zone, at ${hourAndMinute(summary.clock_s)}`);
}

// What the windows hold by zone and by route, so that nobody takes the other numbers for filtered ones.
function filterText(zones) {
  const [from, to] = view.route.split('-').map((id) => zones.name(Number(id)));
  const zone = view.zone === '' ? '' : zones.name(Number(view.zone));
  const hours = view.route === '' ? '' : `Trips by hour are those from ${from} to ${to}, today. `;
  const filtered = zone === '' ? '' : `Filtered to ${zone}: ${hours === '' ? 'trips by hour and top routes' : 'top routes'}. `;
  return `${hours}${filtered}${hours + filtered === '' ? '' : 'Figures, map, top zones, ride time, longest rides and rhythm show all zones.'}`;
}

function showFrame() {
  const text = summary.label || '';
  byId('label').hidden = text === '';
  byId('theme').classList.toggle('push', text === '');
  setText(byId('label'), text);
  byId('empty').hidden = summary.have_data;
  byId('content').hidden = !summary.have_data;
  const filtered = view.dataset !== '' || view.source !== '';
  setText(byId('empty-note'), filtered ? 'The filters above are set: other data may be there without them.' : '');
  byId('filtered').hidden = !meta || (view.zone === '' && view.route === '');
  setText(byId('filtered-text'), meta ? filterText(meta.zones) : '');
  setText(byId('foot-events'), summary.have_data ? `${count(summary.figures.events)} events counted` : '');
  setData(byId('foot-events'), summary.figures?.events ?? 0);
}

// Until it works: without the facts of the zones nothing can be named.
async function insist(load) {
  for (let wait = 1; ; wait = Math.min(wait * 2, 15)) {
    try {
      return await load();
    } catch (error) {
      console.warn(`start: ${error.message}`);
      await new Promise((resolve) => { setTimeout(resolve, wait * 1000); });
    }
  }
}

function bindButtons(stage, line, resumed) {
  bindTheme(byId('theme'), () => { forgetColours(); recoloured.forEach((part) => part.recolour?.()); stage.mark(); });
  bindSwitch(byId('span'), 'span');
  bindSwitch(byId('flow'), 'map');
  bindSwitch(byId('hours-span'), 'hours');
  byId('show-all').addEventListener('click', () => change({zone: '', route: ''}));
  byId('pause').addEventListener('click', () => {
    const paused = line.togglePause();
    byId('pause').setAttribute('aria-pressed', String(paused));
    setText(byId('pause'), paused ? 'Resume' : 'Pause');
    stage.hold(paused);
    if (!paused) {
      resumed();
    }
  });
}

async function main() {
  const stage = new Stage(byId('content'));
  const line = new StateLine();
  let filters = null;
  let waiting = null; // the newest that came while paused
  const take = (fresh) => {
    // A filter that takes no source leaves the clock at 0: nothing to show, whatever else there is.
    summary = {...fresh, have_data: fresh.have_data && fresh.clock_s > 0};
    line.take(summary);
    filters?.take(summary);
    stage.mark();
  };
  const feed = new Feed((fresh) => {
    if (line.pausedAt !== 0 && summary) {
      waiting = fresh;
    } else {
      take(fresh);
    }
  }, (state) => line.connection(state));
  stage.beforeParts(() => {
    if (summary) {
      line.draw();
      showFrame();
      if (summary.have_data) {
        say();
      }
    }
  });
  stageDrawing(stage, 'figures', new Figures(byId('figures')));
  bindButtons(stage, line, () => { if (waiting) { take(waiting); waiting = null; } });
  onChange((names) => {
    if (names.some((name) => SERVER_SIDE.includes(name))) {
      feed.open(serverQuery());
    }
    if (names.includes('route') && view.route !== '') {
      byId('hours').scrollIntoView({block: 'nearest'});
    }
    stage.mark();
  });
  feed.open(serverQuery());
  meta = await insist(loadZones);
  await breathe();
  filters = new Filters(meta.zones);
  if (summary) {
    filters.take(summary);
  }
  await breathe();
  stageRankings(stage, meta.zones);
  await breathe();
  stageDrawing(stage, 'rhythm', new Rhythm(byId('rhythm')));
  await insist(() => stageCharts(stage, meta));
}

main();
