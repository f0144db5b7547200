// The pages in Chromium, fed with a made-up city: every number against the trips themselves, then a restart under an open page.
// Usage: node chromium.mjs BINARY

import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

import {Replay, expectPage, makeTrips, post} from '../../e2e/page/city.mjs';
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

const trips = makeTrips({seed: 11, fromS: FIRST_DAY_S, days: 9, perDay: 1200});
const replay = new Replay(trips, 2202401);

// Every number on the pages, by the same program that looks at them after a replay of a real month.
function compare(program, untilS) {
  const file = path.join(program.folder, 'expected.json');
  writeFileSync(file, JSON.stringify(expectPage(trips, untilS)));
  const {status} = spawnSync('node', [path.join(REPOSITORY, 'tests/e2e/page/page.mjs'), program.base, file, OUT], {stdio: 'inherit'});
  check(status === 0, 'the page against the trips');
}

const figure = (page, name) => page.$eval(`[data-figure="${name}"]`, (element) => Number(element.dataset.value));
const shows = (page, name, value) => page.waitForFunction(([n, v]) => document.querySelector(`[data-figure="${n}"]`)?.dataset.value === String(v),
  [name, value], {timeout: DEADLINE_MS});

async function checkRestart(browser, program, untilS) {
  const page = await browser.newPage({viewport: {width: 1440, height: 1000}});
  await page.goto(`${program.base}/`);
  const before = expectPage(trips, untilS).figures;
  await shows(page, 'started', before.started);
  // Whatever is shown from here on is noted: a figure that only grows must never be seen smaller.
  await page.evaluate(() => {
    globalThis.seen = [];
    const place = document.querySelector('[data-figure="started"]');
    new MutationObserver(() => globalThis.seen.push(Number(place.dataset.value))).observe(place, {attributes: true, attributeFilter: ['data-value']});
  });
  await program.end('SIGKILL');
  await page.waitForSelector('#connection[data-state="lost"]', {timeout: DEADLINE_MS});
  await page.screenshot({path: path.join(OUT, 'live-lost.png')});
  check(await figure(page, 'started') === before.started, 'the figures do not stay while the connection is lost');
  await program.start();
  await page.waitForSelector('#connection[data-state="live"]', {timeout: DEADLINE_MS});
  for (let minute = 30; minute <= 120; minute += 30) {
    await post(program.base, replay.messageUntil(untilS + minute * 60));
  }
  const after = expectPage(trips, untilS + 2 * HOUR_S).figures;
  await shows(page, 'started', after.started);
  for (const name of ['started', 'completed', 'under_way', 'revenue_cents', 'clock_s']) {
    const found = await figure(page, name);
    check(found === after[name], `${name} after a restart: the page has ${found}, expected ${after[name]}`);
  }
  const seen = await page.evaluate(() => globalThis.seen);
  check(seen.every((v, i) => v >= (i === 0 ? before.started : seen[i - 1])), `started jumped back: ${seen}`);
  await page.close();
}

async function checkStates(browser, program) {
  const page = await browser.newPage({viewport: {width: 1440, height: 900}});
  await page.goto(`${program.base}/?zone=999`);
  await page.waitForFunction(() => document.querySelector('#connection-text').textContent.startsWith('this view cannot be shown'), null, {timeout: DEADLINE_MS});
  await page.goto(`${program.base}/`);
  await page.waitForSelector('#connection[data-state="live"]', {timeout: DEADLINE_MS});
  await page.click('#pause');
  const shown = await figure(page, 'started');
  await post(program.base, replay.messageUntil(FIRST_DAY_S + 8 * 24 * HOUR_S + 23 * HOUR_S));
  await page.screenshot({path: path.join(OUT, 'live-paused.png')});
  check(await figure(page, 'started') === shown, 'the figures change while paused');
  await page.click('#pause');
  await page.waitForFunction((v) => Number(document.querySelector('[data-figure="started"]').dataset.value) > v, shown, {timeout: DEADLINE_MS});
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
    await post(program.base, replay.messageUntil(at));
  }
  await post(program.base, replay.messageUntil(untilS));
  await empty.waitForSelector('#content:not([hidden])', {timeout: DEADLINE_MS}); // the page that waited fills itself
  await empty.close();
  compare(program, untilS);
  await checkRestart(browser, program, untilS);
  await checkStates(browser, program);
} finally {
  await browser.close();
  await program.release();
}
console.log(failed === 0 ? 'passed' : `${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
