// Compares every number on the pages with an independent computation, in real Chromium.
//
//   node page.mjs BASE_URL EXPECTED.json OUT_DIR [PART...]
//
// EXPECTED.json: see numbers.mjs, and
//   {"ledger_ok": true}                              optional: every line of the Pipeline page's ledger must hold
//
// PART: numbers, use, keys, reconnect, pipeline, looks; all of them when none is named.
//
// Libraries come from TLC_DEPS (default <repository>/.deps), Chromium from TLC_CHROMIUM (default /usr/bin/chromium).
// Prints a line for each failure and "N checks passed"; exit status 0 all passed, 1 some failed, 64 wrong use, 77 no browser.

import {existsSync, mkdirSync, readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

import {check, checkFile, checkPage, drawAll, equal, rows, tally} from './numbers.mjs';

const DEADLINE_MS = 60000;
const PHONE = 360;
const REPOSITORY = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const DEPS = process.env.TLC_DEPS ?? path.join(REPOSITORY, '.deps');
const CHROMIUM = process.env.TLC_CHROMIUM ?? '/usr/bin/chromium';
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

function stop(status, words) {
  console.error(words);
  process.exit(status);
}

function readArguments() {
  const [base, file, out, ...parts] = process.argv.slice(2);
  const unknown = parts.find((name) => !PARTS[name]);
  if (!out || unknown) {
    stop(64, 'usage: node page.mjs BASE_URL EXPECTED.json OUT_DIR [PART...]');
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
  return {base: base.replace(/\/$/, ''), expected, out, parts: parts.length > 0 ? parts : Object.keys(PARTS)};
}

// A page whose console, errors and requests are watched.
async function openPage(browser, base, options, where) {
  const context = await browser.newContext({viewport: {width: 1440, height: 1700}, reducedMotion: 'reduce',
    ignoreHTTPSErrors: base.startsWith('https'), ...options}); // a test's own certificate
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

async function checkNumbers(browser, {base, expected}) {
  const {context, page, seen} = await openPage(browser, base, {}, `/?${expected.query ?? ''}`);
  await checkPage(page, expected);
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

// Everything that can be used is reached by Tab alone, and is seen to be.
async function checkKeys(browser, {base}) {
  for (const [where, ready] of [['/', '[data-figure="top_pickup"]'], ['/pipeline', '[data-figure="part"]'], ['/history', '#empty:not([hidden]), body[data-loaded]']]) {
    const {context, page} = await openPage(browser, base, {}, where);
    await page.waitForSelector(ready, {timeout: DEADLINE_MS});
    if (where === '/') {
      await drawAll(page);
      await page.click('#pause'); // or new rows would come while we count
    }
    const wanted = await page.evaluate(() => {
      const all = [...document.querySelectorAll('a[href], button, select, input, summary, [tabindex="0"]')];
      const usable = all.filter((e) => e.tabIndex >= 0 && !e.disabled && e.checkVisibility({visibilityProperty: true}));
      usable.forEach((e, i) => e.setAttribute('data-key-test', i));
      document.activeElement?.blur();
      return usable.length;
    });
    const reached = new Set();
    let unseen = '';
    for (let i = 0; i < 4 * wanted && reached.size < wanted; i++) { // a date field takes several
      await page.keyboard.press('Tab');
      const at = await page.evaluate(() => {
        const e = document.activeElement, style = getComputedStyle(e);
        return {number: e.getAttribute('data-key-test'), seen: style.outlineStyle !== 'none' || style.boxShadow !== 'none', name: e.outerHTML.slice(0, 80)};
      });
      if (at.number !== null) {
        reached.add(at.number);
        unseen ||= at.seen ? '' : at.name;
      }
    }
    check(wanted > 5, `${where}: only ${wanted} things to use`);
    equal(`${where}: things reached by Tab`, reached.size, wanted);
    equal(`${where}: the first thing whose focus cannot be seen`, unseen, '');
    await context.close();
  }
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

const PARTS = {numbers: checkNumbers, use: checkUse, keys: checkKeys, reconnect: checkReconnect, pipeline: checkPipeline, looks: checkLooks};
const run = readArguments();
const {chromium} = createRequire(path.join(DEPS, 'package.json'))('playwright-core');
const browser = await chromium.launch({executablePath: CHROMIUM, args: ARGS});
try {
  for (const name of run.parts) {
    await PARTS[name](browser, run).catch((error) => check(false, `${name}: ${error.message}`));
  }
} finally {
  await browser.close();
}
const {passed, failures} = tally;
console.log(failures.length === 0 ? `${passed} checks passed` : `${passed} checks passed, ${failures.length} failed`);
process.exit(failures.length === 0 ? 0 : 1);
