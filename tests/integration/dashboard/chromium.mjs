// The pages in Chromium, fed with a made-up city: every number against the trips themselves, then a restart under an open page.
// Usage: node chromium.mjs BINARY

import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

import {Replay, expectPage, makeTrips, post} from '../../e2e/page/city.mjs';
import {checkPage, tally} from '../../e2e/page/numbers.mjs';
import {Program} from './program.mjs';

const REPOSITORY = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const DEPS = process.env.TLC_DEPS ?? path.join(REPOSITORY, '.deps');
const CHROMIUM = process.env.TLC_CHROMIUM ?? '/usr/bin/chromium';
const OUT = path.join(process.env.TLC_TEST_OUT ?? path.join(REPOSITORY, 'tests/out'), 'dashboard');
const FIRST_DAY_S = 1704085200;
const HOUR_S = 3600;
const DEADLINE_MS = 20000;

if (!existsSync(CHROMIUM) || !existsSync(path.join(DEPS, 'node_modules/playwright-core'))) {
  console.error(`SKIPPED: no Chromium at ${CHROMIUM}, or no playwright-core in ${DEPS}; ./pipeline setup installs them`);
  process.exit(77);
}
mkdirSync(OUT, {recursive: true});

let failed = 0;
function check(holds, words) {
  if (!holds) {
    failed += 1;
    console.log(`FAILED ${words}`);
  }
}

// Two datasets at once, so that a filter has something to leave out.
const SOURCES = [{source: 2202401, trips: makeTrips({seed: 11, fromS: FIRST_DAY_S, days: 9, perDay: 900})},
  {source: 1202401, trips: makeTrips({seed: 12, fromS: FIRST_DAY_S, days: 9, perDay: 300})}];
const trips = SOURCES.flatMap((s) => s.trips);
const replays = SOURCES.map((s) => new Replay(s.trips, s.source));
const ZONE = 74;
const FILTERS = [{query: '', trips}, {query: 'source=2202401', trips: SOURCES[0].trips}, {query: 'dataset=yellow', trips: SOURCES[1].trips},
  {query: `zone=${ZONE}`, trips, zone: ZONE}];

async function play(program, untilS) {
  for (const replay of replays) {
    await post(program.base, replay.messageUntil(untilS));
  }
}

// Every number on the pages, by the same program that looks at them after a replay of a real month.
function compare(program, untilS) {
  const file = path.join(program.folder, 'expected.json');
  writeFileSync(file, JSON.stringify(expectPage(trips, untilS)));
  const {status} = spawnSync('node', [path.join(REPOSITORY, 'tests/e2e/page/page.mjs'), program.base, file, OUT], {stdio: 'inherit'});
  check(status === 0, 'the page against the trips');
}

const figure = (page, name) => page.$eval(`[data-figure="${name}"]`, (element) => Number(element.dataset.value));

// A page for each filter stays open while the dashboard is killed and started again, then while its connection is cut: each ends in
// the numbers of its trips, and no figure is ever seen to fall.
async function checkOpenPages(browser, program, untilS) {
  const pages = [];
  for (const filter of FILTERS) {
    const context = await browser.newContext({viewport: {width: 1440, height: 2300}, reducedMotion: 'reduce'});
    const page = await context.newPage();
    await page.goto(`${program.base}/?${filter.query}`);
    pages.push({filter, context, page});
    await compareOpen(pages.at(-1), untilS, 'when opened');
    await page.evaluate(() => {
      globalThis.seen = [];
      const place = document.querySelector('[data-figure="started"]');
      new MutationObserver(() => globalThis.seen.push(Number(place.dataset.value))).observe(place, {attributes: true, attributeFilter: ['data-value']});
    });
  }
  const [{page: first}] = pages;
  const before = expectPage(trips, untilS).figures;
  await program.end('SIGKILL');
  for (const {page} of pages) {
    await page.waitForSelector('#connection[data-state="lost"]', {timeout: DEADLINE_MS});
  }
  await first.screenshot({path: path.join(OUT, 'live-lost.png')});
  check(await figure(first, 'started') === before.started, 'the figures do not stay while the connection is lost');
  await program.start();
  for (let minute = 30; minute <= 120; minute += 30) {
    await play(program, untilS + minute * 60);
  }
  for (const open of pages) {
    await open.page.waitForSelector('#connection[data-state="live"]', {timeout: DEADLINE_MS});
    await compareOpen(open, untilS + 2 * HOUR_S, 'after a restart');
  }
  for (const {context} of pages) {
    await context.setOffline(true);
  }
  await program.end('SIGTERM'); // what was open ends: a browser keeps the connections that it has while it is offline
  await program.start();
  await play(program, untilS + 3 * HOUR_S);
  for (const {context, page} of pages) {
    await page.waitForSelector('#connection[data-state="lost"]', {timeout: DEADLINE_MS});
    await context.setOffline(false);
  }
  for (const open of pages) {
    await open.page.waitForSelector('#connection[data-state="live"]', {timeout: DEADLINE_MS});
    await compareOpen(open, untilS + 3 * HOUR_S, 'after a lost connection');
    const seen = await open.page.evaluate(() => globalThis.seen);
    check(seen.every((v, i) => i === 0 || v >= seen[i - 1]), `${open.filter.query}: started jumped back: ${seen}`);
    await open.context.close();
  }
}

async function compareOpen({filter, page}, untilS, when) {
  const before = tally.failures.length;
  await checkPage(page, {...expectPage(filter.trips, untilS, filter.zone), query: filter.query});
  check(tally.failures.length === before, `numbers of "${filter.query}" ${when}`);
}

async function checkStates(browser, program) {
  const page = await browser.newPage({viewport: {width: 1440, height: 900}});
  await page.goto(`${program.base}/?zone=999`);
  await page.waitForFunction(() => document.querySelector('#connection-text').textContent.startsWith('this view cannot be shown'), null, {timeout: DEADLINE_MS});
  await page.goto(`${program.base}/`);
  await page.waitForSelector('#connection[data-state="live"]', {timeout: DEADLINE_MS});
  await page.click('#pause');
  const shown = await figure(page, 'started');
  await play(program, FIRST_DAY_S + 8 * 24 * HOUR_S + 23 * HOUR_S);
  // Paused before the map was there: it is drawn once.
  await page.waitForFunction(() => globalThis.Chart?.getChart(document.querySelector('#map canvas')), null, {timeout: DEADLINE_MS});
  await page.screenshot({path: path.join(OUT, 'live-paused.png')});
  check(await figure(page, 'started') === shown, 'the figures change while paused');
  await page.click('#pause');
  await page.waitForFunction((v) => Number(document.querySelector('[data-figure="started"]').dataset.value) > v, shown, {timeout: DEADLINE_MS});
  await page.close();
}

// A window that is refused stands on the Pipeline page, red, by name, and the ledger's line is red though its sides are equal.
async function checkRefused(browser, program) {
  const page = await browser.newPage({viewport: {width: 1440, height: 900}});
  await page.goto(`${program.base}/pipeline`);
  await page.waitForSelector('[data-figure="part"]', {timeout: DEADLINE_MS});
  check(await page.isHidden('#refused-card'), 'refused windows are shown and there are none');
  const message = {window_s: 900, lateness_s: 7200, partitions: [], windows: [{partition: 3, source: 5000000, start: 1704085201, revision: 1,
    final: false, matched: 0, orphan_ends: 0, expired_starts: 0, duplicates: 0, passengers: 0, distance_cmi: 0, fare_cents: 0, tip_cents: 0,
    total_cents: 0, ride_s: 0, ride_bins: [], starts: [[74, 7]], ends: [], routes: []}]};
  const reply = await post(program.base, message);
  check(reply.refused.length === 1, 'the window was not refused');
  await page.waitForSelector('[data-figure="refused"]', {timeout: DEADLINE_MS});
  const row = await page.$eval('[data-figure="refused"]', (tr) => ({...tr.dataset, text: tr.textContent, red: tr.querySelector('.down')?.textContent}));
  check(row.source === '5000000' && row.partition === '3' && row.value === '7', `refused window: ${JSON.stringify(row)}`);
  check(/no multiple of window_s/.test(row.red ?? ''), `the reason is not red: ${row.text}`);
  const line = await page.$eval('[data-figure="ledger"][data-line^="dashboard: events in windows"]', (tr) => tr.dataset.value);
  check(line === 'open', 'the ledger holds with a window refused');
  await page.screenshot({path: path.join(OUT, 'pipeline-refused.png')});
  await page.close();
}

const {chromium} = createRequire(path.join(DEPS, 'package.json'))('playwright-core');
const program = await new Program(process.argv[2], ['--label', 'made-up city', '--vendor', path.join(DEPS, 'node_modules')]).start();
const browser = await chromium.launch({executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking']});
try {
  const empty = await browser.newPage({viewport: {width: 1440, height: 900}});
  await empty.goto(`${program.base}/`);
  await empty.waitForSelector('#empty:not([hidden])', {timeout: DEADLINE_MS});
  await empty.screenshot({path: path.join(OUT, 'live-empty.png')});
  const untilS = FIRST_DAY_S + 8 * 24 * HOUR_S + 18.7 * HOUR_S;
  for (let at = FIRST_DAY_S + 6 * HOUR_S; at < untilS; at += 6 * HOUR_S) {
    await play(program, at);
  }
  await play(program, untilS);
  await empty.waitForSelector('#content:not([hidden])', {timeout: DEADLINE_MS}); // the page that waited fills itself
  await empty.close();
  compare(program, untilS);
  await checkOpenPages(browser, program, untilS);
  await checkStates(browser, program);
  await checkRefused(browser, program);
} finally {
  await browser.close();
  await program.release();
}
console.log(failed === 0 ? 'passed' : `${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
