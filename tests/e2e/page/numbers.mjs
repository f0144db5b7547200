// Every number on the Live page against an independent computation.
//
// What is expected, computed by the caller from the same rows, not by the programs under test:
//   {
//     "query": "hours=all&span=all",                 optional: the view to open, as in the page's URL
//     "figures": {"started": 1412, "completed": 1269, "under_way": 143, "median_ride_s": 684, "revenue_cents": 2188000,
//                 "late": 0, "clock_s": 1705102920},   any subset, at least three; a value may be {"value": 684, "within": 60}
//     "pickups":  [[zone, count], ...],               the first ten, by count descending, then zone ascending
//     "dropoffs": [[zone, count], ...],               likewise
//     "routes":   [[from, to, count, ride_s], ...],   optional; first ten by count descending, then from, to ascending
//     "hours":    [[start_s, completed], ...],        every row the page's table must have, in order of time
//     "under_way": [[start_s, n], ...],               optional: trips under way at the end of these rows
//     "ride_bins": [13 counts],                       five-minute bins, the last one = 60 minutes and over
//     "longest":  [[start_s, zone], ...],           optional; trips under way, those that began first, at most ten
//     "rhythm":   [[weekday, hour, mean], ...],       optional; Monday = 0; compared to 0.051
//     "zones":    [[zone, pickups, dropoffs], ...],   optional: every zone with a count, any order
//   }
//
// With a zone in the query "hours" are [[start_s, pickups, drop-offs], ...] of that zone.

import {readFileSync} from 'node:fs';

const DEADLINE_MS = 60000;

export const tally = {passed: 0, failures: []};

export function check(holds, words) {
  if (holds) {
    tally.passed += 1;
  } else {
    tally.failures.push(words);
    console.log(`FAILED ${words}`);
  }
}

export function equal(name, found, wanted, within = 0) {
  const near = typeof wanted === 'number' && within > 0 ? Math.abs(found - wanted) <= within : found === wanted;
  check(near, `${name}: the page has ${found}, expected ${wanted}${within > 0 ? ` within ${within}` : ''}`);
}

// Scrolls every part into view, so that it is drawn, and waits until that is done.
export async function drawAll(page) {
  for (const section of await page.locator('#content > section, #content .grid > section').all()) {
    await section.scrollIntoViewIfNeeded();
    await page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); }));
  }
  await page.waitForFunction(() => ['map', 'hours', 'rides'].every((id) => globalThis.Chart?.getChart(document.querySelector(`#${id} canvas`))) &&
    document.getElementById('content').ariaBusy === 'false', null, {timeout: DEADLINE_MS});
}

async function openTable(page, name) {
  const button = page.locator(`[data-table="${name}"]`);
  if (await button.getAttribute('aria-expanded') === 'false') {
    await button.click();
  }
}

export const rows = (page, figure) => page.$$eval(`[data-figure="${figure}"]`, (found) => found.map((element) => ({
  ...element.dataset, text: element.innerText, cells: [...element.children].map((cell) => cell.textContent)})));

const digits = (text) => Number(text.replace(/[^0-9.-]/g, ''));

const SHOWN = {
  median_ride_s: (v) => v >= 3600 ? '60+ min' : `${(v / 60).toFixed(1)} min`,
  revenue_cents: (v) => `$${Math.round(v / 100).toLocaleString('en-US')}`,
  default: (v) => v.toLocaleString('en-US'),
};

async function checkFigures(page, figures) {
  for (const [name, wanted] of Object.entries(figures)) {
    const {value, within = 0} = typeof wanted === 'object' ? wanted : {value: wanted};
    const [found] = await rows(page, name);
    equal(`figure ${name}`, found ? Number(found.value) : undefined, value, within);
    if (found && !['clock_s', 'speed', 'event_rate'].includes(name)) {
      equal(`text of ${name}`, found.text.trim().replace(/^-\$/, '$-'), (SHOWN[name] ?? SHOWN.default)(Number(found.value)).replace(/^-\$/, '$-'));
    }
  }
}

async function checkTop(page, figure, wanted) {
  const found = await rows(page, figure);
  equal(`${figure} rows`, found.length, Math.min(wanted.length, 10));
  wanted.slice(0, 10).forEach(([zone, n], i) => {
    equal(`${figure} ${i + 1} zone`, Number(found[i]?.zone), zone);
    equal(`${figure} ${i + 1} count`, Number(found[i]?.value), n);
    equal(`${figure} ${i + 1} text`, digits(found[i]?.cells[2] ?? ''), n);
  });
}

async function checkRoutes(page, wanted) {
  const found = await rows(page, 'route');
  equal('route rows', found.length, Math.min(wanted.length, 10));
  wanted.slice(0, 10).forEach(([from, to, n, ride], i) => {
    equal(`route ${i + 1}`, `${found[i]?.from} ${found[i]?.to} ${found[i]?.value} ${found[i]?.ride}`, `${from} ${to} ${n} ${ride}`);
  });
}

async function checkLongest(page, wanted, clock) {
  const found = await rows(page, 'longest');
  equal('longest rides under way', found.length, wanted.length);
  wanted.forEach(([start, zone], i) => {
    equal(`longest ride ${i + 1}`, `${found[i]?.start} ${found[i]?.zone} ${found[i]?.value}`, `${start} ${zone} ${clock - start}`);
  });
  await checkFile(page, '#longest button[aria-label$="as CSV"]', wanted.length);
}

async function checkHours(page, {hours, under_way: underWay = [], query = ''}) {
  const byZone = new URLSearchParams(query).has('zone');
  await openTable(page, 'hours');
  const found = await rows(page, 'hour');
  if (byZone) {
    equal('rows of trips by hour', found.length, hours.length);
    equal('pickups and drop-offs by hour', JSON.stringify(found.map((row) => [Number(row.start), Number(row.started), Number(row.ended)])),
      JSON.stringify(hours));
    return;
  }
  equal('rows of trips by hour', found.length, hours.length);
  hours.forEach(([start, completed], i) => {
    equal(`row ${i + 1} of trips by hour begins`, Number(found[i]?.start), start);
    equal(`completed from ${start}`, Number(found[i]?.value), completed);
    equal(`text of completed from ${start}`, digits(found[i]?.cells[3] ?? ''), completed);
  });
  await checkFile(page, '#hours button[aria-label$="as CSV"]', hours.length);
  for (const [start, n] of underWay) {
    equal(`under way from ${start}`, Number(found.find((row) => Number(row.start) === start)?.underWay), n);
  }
  const drawn = await page.evaluate(() => globalThis.Chart.getChart(document.querySelector('#hours canvas')).data.datasets[0].data.filter((v) => v !== null));
  equal('bars of trips by hour', JSON.stringify(drawn), JSON.stringify(hours.map(([, completed]) => completed)));
}

async function checkRides(page, bins) {
  await openTable(page, 'rides');
  const found = await rows(page, 'ride_bin');
  equal('ride time bins', found.length, bins.length);
  bins.forEach((n, i) => {
    equal(`ride time bin ${i}`, Number(found[i]?.value), n);
    equal(`text of ride time bin ${i}`, digits(found[i]?.cells[1] ?? ''), n);
  });
  const drawn = await page.evaluate(() => globalThis.Chart.getChart(document.querySelector('#rides canvas')).data.datasets[0].data);
  equal('bars of ride time', JSON.stringify(drawn), JSON.stringify(bins));
}

async function checkRhythm(page, wanted = []) {
  await openTable(page, 'rhythm');
  const found = new Map((await rows(page, 'rhythm')).map((row) => [`${row.weekday} ${row.hour}`, Number(row.value)]));
  check(found.size > 0, 'rhythm: no row in its table');
  for (const [weekday, hour, mean] of wanted) {
    equal(`rhythm of day ${weekday}, hour ${hour}`, found.get(`${weekday} ${hour}`) ?? 0, mean, 0.051);
  }
}

// What is saved is what is shown.
export async function checkFile(page, button, rows) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.click(button)]);
  const lines = readFileSync(await download.path(), 'utf8').trim().split('\r\n');
  check(/\.csv$/.test(download.suggestedFilename()), `the file is called ${download.suggestedFilename()}`);
  equal(`lines of ${download.suggestedFilename()}`, lines.length, rows + 1);
}

async function checkZones(page, wanted) {
  await openTable(page, 'map');
  const found = new Map((await rows(page, 'zone')).map((row) => [Number(row.zone), row]));
  check(found.size > 0, 'map: no row in its table');
  for (const [zone, pickups, dropoffs] of wanted ?? []) {
    const row = found.get(zone);
    equal(`zone ${zone}`, `${row?.pickups} ${row?.dropoffs} ${row?.value}`, `${pickups} ${dropoffs} ${pickups - dropoffs}`);
  }
  if (wanted) {
    equal('zones with a count', found.size, wanted.length);
  }
}

// Waits until an open page has come to these numbers, and compares all of them.
export async function checkPage(page, expected) {
  const {started} = expected.figures;
  const wanted = String(started?.value ?? started ?? '');
  await page.waitForFunction((value) => {
    const found = document.querySelector('[data-figure="started"]')?.dataset.value;
    return found !== undefined && (value === '' || found === value);
  }, wanted, {timeout: DEADLINE_MS}).catch(() => check(false, `figure started did not become ${wanted} in ${DEADLINE_MS / 1000} s`));
  await drawAll(page);
  await checkFigures(page, expected.figures);
  await checkTop(page, 'top_pickup', expected.pickups);
  await checkTop(page, 'top_dropoff', expected.dropoffs);
  if (expected.routes) {
    await checkRoutes(page, expected.routes);
  }
  if (expected.longest) {
    await checkLongest(page, expected.longest, expected.figures.clock_s);
  }
  for (const id of ['top-pickups', 'top-dropoffs', 'routes']) {
    await checkFile(page, `#${id} button[aria-label$="as CSV"]`, await page.locator(`#${id} .bars li[data-value]`).count());
  }
  await checkHours(page, expected);
  await checkRides(page, expected.ride_bins);
  await checkRhythm(page, expected.rhythm);
  await checkZones(page, expected.zones);
}
