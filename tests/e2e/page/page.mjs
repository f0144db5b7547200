// Compares every number on the pages with an independent computation, in real Chromium.
//
//   node page.mjs BASE_URL EXPECTED.json OUT_DIR
//
// EXPECTED.json, computed by the caller from the same rows, not by the programs under test:
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
//     "ledger_ok": true                               optional: every line of the Pipeline page's ledger must hold
//   }
//
// Libraries come from TLC_DEPS (default <repository>/.deps), Chromium from TLC_CHROMIUM (default /usr/bin/chromium).
// Prints a line for each failure and "N checks passed"; exit status 0 all passed, 1 some failed, 64 wrong use, 77 no browser.

import {existsSync, mkdirSync, readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

const DEADLINE_MS = 60000;
const PHONE = 360;
const REPOSITORY = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const DEPS = process.env.TLC_DEPS ?? path.join(REPOSITORY, '.deps');
const CHROMIUM = process.env.TLC_CHROMIUM ?? '/usr/bin/chromium';
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

let passed = 0;
const failures = [];

function check(holds, words) {
  if (holds) {
    passed += 1;
  } else {
    failures.push(words);
    console.log(`FAILED ${words}`);
  }
}

function equal(name, found, wanted, within = 0) {
  const near = typeof wanted === 'number' && within > 0 ? Math.abs(found - wanted) <= within : found === wanted;
  check(near, `${name}: the page has ${found}, expected ${wanted}${within > 0 ? ` within ${within}` : ''}`);
}

function stop(status, words) {
  console.error(words);
  process.exit(status);
}

function readArguments() {
  const [base, file, out] = process.argv.slice(2);
  if (!out) {
    stop(64, 'usage: node page.mjs BASE_URL EXPECTED.json OUT_DIR');
  }
  const expected = JSON.parse(readFileSync(file, 'utf8'));
  for (const name of ['figures', 'pickups', 'dropoffs', 'hours', 'ride_bins']) {
    if (!expected[name]) {
      stop(64, `${file}: "${name}" is missing`);
    }
  }
  if (Object.keys(expected.figures).length < 3 || expected.ride_bins.length !== 13) {
    stop(64, `${file}: "figures" needs three members, "ride_bins" thirteen`);
  }
  for (const [what, where] of [['playwright-core and axe-core', path.join(DEPS, 'node_modules/playwright-core')], ['Chromium', CHROMIUM]]) {
    if (!existsSync(where)) {
      stop(77, `SKIPPED: ${what} not found at ${where}; ./pipeline setup installs it`);
    }
  }
  mkdirSync(out, {recursive: true});
  return {base: base.replace(/\/$/, ''), expected, out};
}

// A page whose console, errors and requests are watched.
async function openPage(browser, base, options, where) {
  const context = await browser.newContext({viewport: {width: 1440, height: 1700}, reducedMotion: 'reduce', ...options});
  const page = await context.newPage();
  const seen = {console: [], outside: [], refused: []};
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') {
      seen.console.push(message.text());
    }
  });
  page.on('pageerror', (error) => seen.console.push(error.message));
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== new URL(base).origin) {
      seen.outside.push(request.url());
    }
  });
  page.on('response', (response) => {
    if (response.status() >= 400 && !response.url().endsWith('/zones.geojson')) {
      seen.refused.push(`${response.status()} ${response.url()}`);
    }
  });
  await page.goto(base + where, {waitUntil: 'load'});
  return {context, page, seen};
}

function quiet(name, seen) {
  const unwanted = seen.console.filter((text) => !/zones\.geojson|404/.test(text));
  check(unwanted.length === 0, `${name}: console says ${unwanted.join(' | ')}`);
  check(seen.outside.length === 0, `${name}: requests left the origin: ${seen.outside.join(' ')}`);
  check(seen.refused.length === 0, `${name}: refused: ${seen.refused.join(' ')}`);
}

// Scrolls every part into view, so that it is drawn, and waits until the frame after.
async function drawAll(page) {
  for (const section of await page.locator('#content > section, #content .grid > section').all()) {
    await section.scrollIntoViewIfNeeded();
    await page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); }));
  }
}

const rows = (page, figure) => page.$$eval(`[data-figure="${figure}"]`, (found) => found.map((element) => ({
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

async function checkHours(page, {hours, under_way: underWay = []}) {
  await page.click('[data-table="hours"]');
  const found = await rows(page, 'hour');
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
  await page.click('[data-table="rides"]');
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
  await page.click('[data-table="rhythm"]');
  const found = new Map((await rows(page, 'rhythm')).map((row) => [`${row.weekday} ${row.hour}`, Number(row.value)]));
  check(found.size > 0, 'rhythm: no row in its table');
  for (const [weekday, hour, mean] of wanted) {
    equal(`rhythm of day ${weekday}, hour ${hour}`, found.get(`${weekday} ${hour}`) ?? 0, mean, 0.051);
  }
}

// What is saved is what is shown.
async function checkFile(page, button, rows) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.click(button)]);
  const lines = readFileSync(await download.path(), 'utf8').trim().split('\r\n');
  check(/\.csv$/.test(download.suggestedFilename()), `the file is called ${download.suggestedFilename()}`);
  equal(`lines of ${download.suggestedFilename()}`, lines.length, rows + 1);
}

async function checkZones(page, wanted) {
  await page.click('[data-table="map"]');
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

async function checkNumbers(browser, {base, expected}) {
  const {context, page, seen} = await openPage(browser, base, {}, `/?${expected.query ?? ''}`);
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
  quiet('Live page', seen);
  await context.close();
}

// From a zone to one of its routes to the hours of that, by keyboard, in the URL, and back again.
async function checkRoute(page, base, zone) {
  const first = page.locator('[data-figure="route"]').first();
  const [from, to] = [await first.getAttribute('data-from'), await first.getAttribute('data-to')];
  await first.locator('.pick').focus();
  await page.keyboard.press('Enter');
  await page.waitForFunction((route) => new URLSearchParams(location.search).get('route') === route, `${from}-${to}`);
  await page.waitForFunction(() => document.querySelector('#legend-first').textContent === 'trips of the route');
  const {hours} = await (await page.request.get(`${base}/api/summary?zone=${zone}&route=${from}-${to}`)).json();
  equal('trips of the route by hour', JSON.stringify((await rows(page, 'hour')).map((row) => [Number(row.value), Number(row.ride)])),
    JSON.stringify(hours.map((row) => [row.completed, row.ride_s])));
  equal('sum of the route', hours.reduce((sum, row) => sum + row.completed, 0), Number(await first.getAttribute('data-value')));
  check(/Trips by hour are those from/.test(await page.textContent('#filtered-text')), 'the line of filters does not name the route');
  await page.goBack();
  await page.waitForFunction(() => document.querySelector('#legend-second').textContent === 'drop-offs');
  equal('the view after Back', new URL(page.url()).search.includes('route='), false);
  await page.goForward();
  await page.waitForFunction(() => document.querySelector('#legend-first').textContent === 'trips of the route');
}

async function checkUse(browser, {base}) {
  const {context, page, seen} = await openPage(browser, base, {}, '/');
  await page.waitForSelector('[data-figure="top_pickup"]', {timeout: DEADLINE_MS});
  await page.click('#flow [data-value="net"]');
  await page.waitForFunction(() => document.querySelector('#map-h').textContent === 'Net flow by zone');
  check(page.url().includes('map=net'), 'the map switch is not in the URL');
  await page.click('#hours-span [data-value="week"]');
  await page.click('#theme');
  check(/theme=(dark|light)/.test(page.url()) && page.url().includes('hours=week'), `the view is not in the URL: ${page.url()}`);
  await page.reload();
  await page.waitForSelector('[data-figure="top_pickup"]', {timeout: DEADLINE_MS});
  equal('span of trips by hour after a reload', await page.getAttribute('#hours-span [data-value="week"]', 'aria-pressed'), 'true');
  equal('theme after a reload', await page.getAttribute('html', 'data-theme'), new URL(page.url()).searchParams.get('theme'));
  await page.click('#pause');
  equal('Pause button', await page.textContent('#pause'), 'Resume');
  equal('state while paused', await page.getAttribute('#connection', 'data-state'), 'paused');
  await page.click('#pause');
  await page.waitForFunction(() => document.querySelector('#connection').dataset.state === 'live');
  await page.locator('#hours canvas').focus();
  await page.keyboard.press('ArrowRight');
  check(/completed/.test(await page.textContent('#say')), 'an arrow key on the hours does not read a bar');
  await page.locator('#map canvas').focus();
  await page.keyboard.press('ArrowRight');
  check(/pickups/.test(await page.textContent('#say')), 'an arrow key on the map does not read a zone');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => new URLSearchParams(location.search).has('zone'));
  await page.click('#show-all');
  const zone = await page.getAttribute('[data-figure="top_pickup"]', 'data-zone');
  await page.click('[data-figure="top_pickup"] .pick');
  await page.waitForFunction((id) => new URLSearchParams(location.search).get('zone') === id, zone);
  equal('zone field after a click on a row', await page.inputValue('#zone'), zone);
  await page.waitForFunction(() => document.querySelector('#legend-second').textContent === 'drop-offs');
  await page.click('[data-table="hours"]');
  const own = await (await page.request.get(`${base}/api/summary?zone=${zone}&hours=week`)).json();
  equal('pickups of the zone by hour', JSON.stringify((await rows(page, 'hour')).map((row) => Number(row.started))),
    JSON.stringify(own.hours.map((row) => row.starts)));
  await checkRoute(page, base, zone);
  await page.click('#show-all');
  equal('zone field after Show all', await page.inputValue('#zone'), '');
  await page.goto(`${base}/?source=1206812`);
  await page.waitForSelector('#empty:not([hidden])', {timeout: DEADLINE_MS});
  check((await page.textContent('#empty')).includes('./pipeline replay green 2024-01'), 'the empty page does not name the command');
  quiet('Live page in use', seen);
  await context.close();
}

// The connection goes and comes back; the page must say so and end live.
async function checkReconnect(browser, {base}) {
  const {context, page} = await openPage(browser, base, {}, '/');
  await page.waitForSelector('#connection[data-state="live"]', {timeout: DEADLINE_MS});
  await context.setOffline(true);
  await page.selectOption('#zone', {index: 5});
  await page.waitForSelector('#connection[data-state="lost"]', {timeout: DEADLINE_MS});
  check(/^lost, retrying in \d+ s$/.test(await page.textContent('#connection-text')), 'the state line does not say when it retries');
  await context.setOffline(false);
  const back = await page.waitForSelector('#connection[data-state="live"]', {timeout: DEADLINE_MS}).then(() => true, () => false);
  check(back, 'the page does not come back after a lost connection');
  await context.close();
}

async function checkAccess(page, name, axe) {
  await page.evaluate(axe);
  const {violations} = await page.evaluate(() => globalThis.axe.run(document, {resultTypes: ['violations']}));
  const serious = violations.filter((v) => v.impact === 'serious' || v.impact === 'critical');
  check(serious.length === 0, `axe, ${name}: ${serious.map((v) => `${v.id} at ${v.nodes.map((n) => n.target.join(' ')).slice(0, 4).join(', ')}`).join('; ')}`);
}

async function checkLooks(browser, {base, expected, out}) {
  const axe = readFileSync(path.join(DEPS, 'node_modules/axe-core/axe.min.js'), 'utf8');
  for (const [name, options] of [['light', {colorScheme: 'light'}], ['dark', {colorScheme: 'dark'}],
    ['phone', {colorScheme: 'light', viewport: {width: PHONE, height: 3700}}]]) {
    for (const [pageName, where, ready] of [['live', `/?${expected.query ?? ''}`, '[data-figure="top_pickup"]'], ['pipeline', '/pipeline', '[data-figure="part"]']]) {
      const {context, page, seen} = await openPage(browser, base, options, where);
      await page.waitForSelector(ready, {timeout: DEADLINE_MS});
      if (pageName === 'live') {
        await drawAll(page);
        await page.evaluate(() => scrollTo(0, 0));
      }
      await page.screenshot({path: path.join(out, `${pageName}-${name}.png`), fullPage: true});
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      check(width <= (options.viewport?.width ?? 1440), `${pageName}, ${name}: ${width} pixels wide, scrolls sideways`);
      await checkAccess(page, `${pageName}, ${name}`, axe);
      quiet(`${pageName}, ${name}`, seen);
      await context.close();
    }
  }
}

async function checkPipeline(browser, {base, expected}) {
  const {context, page, seen} = await openPage(browser, base, {}, '/pipeline');
  await page.waitForSelector('[data-figure="part"]', {timeout: DEADLINE_MS});
  const status = await (await page.request.get(`${base}/api/status`)).json();
  equal('parts on the Pipeline page', (await rows(page, 'part')).length, status.parts.length);
  const ledger = await rows(page, 'ledger');
  equal('ledger lines', ledger.length, status.ledger.length);
  await checkFile(page, 'section:has(#ledger) button[aria-label$="as CSV"]', status.ledger.length);
  if (expected.ledger_ok) {
    check(ledger.length > 0, 'the ledger has no line');
    for (const line of ledger) {
      equal(`ledger line "${line.line}"`, line.value, 'ok');
    }
  }
  quiet('Pipeline page', seen);
  await context.close();
}

const run = readArguments();
const {chromium} = createRequire(path.join(DEPS, 'package.json'))('playwright-core');
const browser = await chromium.launch({executablePath: CHROMIUM, args: ARGS});
try {
  for (const part of [checkNumbers, checkUse, checkReconnect, checkPipeline, checkLooks]) {
    await part(browser, run).catch((error) => check(false, `${part.name}: ${error.message}`));
  }
} finally {
  await browser.close();
}
console.log(failures.length === 0 ? `${passed} checks passed` : `${passed} checks passed, ${failures.length} failed`);
process.exit(failures.length === 0 ? 0 : 1);
