// The Live page: takes summaries from the feed, and has each part drawn when it is on screen.

import {csvButton} from './csv.js';
import {byId, node, setData, setText} from './dom.js';
import {Feed} from './feed.js';
import {Figures} from './figures.js';
import {Filters} from './filters.js';
import {count, hourAndMinute} from './format.js';
import {Hours} from './hours.js';
import {ZoneMap, spanText} from './map.js';
import {TABLES, drawLongest, drawRoutes, drawZones} from './rankings.js';
import {Rhythm} from './rhythm.js';
import {Rides} from './rides.js';
import {Stage} from './stage.js';
import {StateLine} from './stateline.js';
import {bindSwitch, bindTheme, change, onChange, serverQuery, view} from './view.js';
import {loadZones} from './zones.js';

const SAY_EVERY_MS = 20000;
const SERVER_SIDE = ['dataset', 'source', 'zone', 'route', 'span', 'hours'];

let summary = null;
let saidAt = 0;

function say() {
  const now = performance.now();
  if (now - saidAt > SAY_EVERY_MS) {
    saidAt = now;
    const {figures} = summary;
    byId('say').textContent = `${byId('clock').textContent}: ${count(figures.under_way)} trips under way, ` +
      `${count(figures.started)} started and ${count(figures.completed)} completed today.`;
  }
}

function stageParts(stage, {zones, shapes}) {
  const draws = {figures: new Figures(byId('figures')), map: new ZoneMap(byId('map'), zones, shapes), hours: new Hours(byId('hours')),
    rides: new Rides(byId('rides')), rhythm: new Rhythm(byId('rhythm'))};
  for (const [id, part] of Object.entries(draws)) {
    stage.add(byId(id), () => summary?.have_data && part.draw(summary, view));
  }
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
  return () => Object.values(draws).forEach((part) => part.recolour?.());
}

// What the windows hold by zone and by route, so that nobody takes the other numbers for filtered ones.
function filterText(zones) {
  const [from, to] = view.route.split('-').map((id) => zones.name(Number(id)));
  const zone = view.zone === '' ? '' : zones.name(Number(view.zone));
  const hours = view.route === '' ? '' : `Trips by hour are those from ${from} to ${to}, today. `;
  const filtered = zone === '' ? '' : `Filtered to ${zone}: ${hours === '' ? 'trips by hour and top routes' : 'top routes'}. `;
  return `${hours}${filtered}${hours + filtered === '' ? '' : 'Figures, map, top zones, ride time, longest rides and rhythm show all zones.'}`;
}

function showFrame({label, zones}) {
  const text = summary.label || label || '';
  byId('label').hidden = text === '';
  byId('theme').classList.toggle('push', text === '');
  setText(byId('label'), text);
  byId('empty').hidden = summary.have_data;
  byId('content').hidden = !summary.have_data;
  const filtered = view.dataset !== '' || view.source !== '';
  setText(byId('empty-note'), filtered ? 'The filters above are set: other data may be there without them.' : '');
  byId('filtered').hidden = view.zone === '' && view.route === '';
  setText(byId('filtered-text'), filterText(zones));
  setText(byId('foot-events'), summary.have_data ? `${count(summary.figures.events)} events counted` : '');
  setData(byId('foot-events'), summary.figures?.events ?? 0);
}

async function main() {
  const meta = await loadZones();
  const stage = new Stage();
  const line = new StateLine();
  const filters = new Filters(meta.zones);
  const recolour = stageParts(stage, meta);
  const feed = new Feed((fresh) => {
    // A filter that takes no source leaves the clock at 0: nothing to show, whatever else there is.
    summary = {...fresh, have_data: fresh.have_data && fresh.clock_s > 0};
    line.take(summary);
    filters.take(summary);
    stage.mark();
  }, (state) => line.connection(state));
  stage.beforeParts(() => {
    if (summary) {
      line.draw();
      showFrame(meta);
      if (summary.have_data) {
        say();
      }
    }
  });
  bindTheme(byId('theme'), () => { recolour(); stage.mark(); });
  bindSwitch(byId('span'), 'span');
  bindSwitch(byId('flow'), 'map');
  bindSwitch(byId('hours-span'), 'hours');
  onChange((names) => {
    if (names.some((name) => SERVER_SIDE.includes(name))) {
      feed.open(serverQuery());
    }
    if (names.includes('route') && view.route !== '') {
      byId('hours').scrollIntoView({block: 'nearest'});
    }
    stage.mark();
  });
  byId('show-all').addEventListener('click', () => change({zone: '', route: ''}));
  byId('pause').addEventListener('click', () => {
    const paused = line.togglePause();
    byId('pause').setAttribute('aria-pressed', String(paused));
    setText(byId('pause'), paused ? 'Resume' : 'Pause');
    stage.hold(paused);
  });
  feed.open(serverQuery());
}

// The facts of the zones come first; without them nothing can be named, so this is tried until it works.
async function start() {
  for (let wait = 1; ; wait = Math.min(wait * 2, 15)) {
    try {
      await main();
      return;
    } catch (error) {
      console.warn(`start: ${error.message}`);
      byId('connection').dataset.state = 'lost';
      setText(byId('connection-text'), `lost, retrying in ${wait} s`);
      await new Promise((resolve) => { setTimeout(resolve, wait * 1000); });
    }
  }
}

start();
