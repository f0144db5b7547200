// What the Live page costs a browser: bytes over the wire, time to the first figures, CPU of the page's thread, long tasks and frames
// while it is updated, memory. Long tasks and frames say little on a machine that has other work; CPU time does.
//
//   node budget.mjs BASE_URL [SECONDS]     with data, best while a replay runs (feed.mjs --live 900)
//
// Prints one JSON object. Chromium and libraries as in page.mjs.

import {createRequire} from 'node:module';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

const REPOSITORY = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const DEPS = process.env.TLC_DEPS ?? path.join(REPOSITORY, '.deps');
const [base, seconds = '20'] = process.argv.slice(2);
if (!base) {
  console.error('usage: node budget.mjs BASE_URL [SECONDS]');
  process.exit(64);
}
const {chromium} = createRequire(path.join(DEPS, 'package.json'))('playwright-core');
const browser = await chromium.launch({executablePath: process.env.TLC_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--enable-precise-memory-info', '--js-flags=--expose-gc']});
const page = await browser.newPage({viewport: {width: 1440, height: 1700}});
const devtools = await page.context().newCDPSession(page);
await devtools.send('Network.enable');
await devtools.send('Performance.enable', {timeDomain: 'threadTicks'});
const taskS = async () => (await devtools.send('Performance.getMetrics')).metrics.find(({name}) => name === 'TaskDuration').value;
let wire = 0;
let updates = 0;
devtools.on('Network.eventSourceMessageReceived', () => { updates += 1; });
devtools.on('Network.loadingFinished', ({encodedDataLength}) => { wire += encodedDataLength; });
await page.addInitScript(() => {
  globalThis.longTasks = [];
  new PerformanceObserver((list) => globalThis.longTasks.push(...list.getEntries().map((entry) => entry.duration)))
    .observe({type: 'longtask', buffered: true});
  const look = () => {
    if (document.querySelector('[data-figure="started"]')?.dataset.value) {
      globalThis.figuresAt = performance.now();
    } else {
      requestAnimationFrame(look);
    }
  };
  requestAnimationFrame(look);
});
await page.goto(base, {waitUntil: 'load'});
await page.waitForFunction(() => globalThis.figuresAt > 0);
await page.waitForTimeout(1000); // the map's shapes come last
const atFirst = {wire_kb: Math.round(wire / 1000), first_figures_ms: Math.round(await page.evaluate(() => globalThis.figuresAt)),
  tasks_at_start_ms: await page.evaluate(() => globalThis.longTasks.splice(0).map(Math.round))};
const heap = () => page.evaluate(() => { globalThis.gc?.(); return performance.memory.usedJSHeapSize / 2 ** 20; });
const before = await heap();
const [cpuBefore, updatesBefore] = [await taskS(), updates];
const frames = await page.evaluate((ms) => new Promise((done) => {
  const gaps = [];
  const end = performance.now() + ms;
  let last = performance.now();
  const frame = (at) => {
    gaps.push(at - last);
    last = at;
    if (at < end) { requestAnimationFrame(frame); } else { done(gaps.slice(1)); }
  };
  requestAnimationFrame(frame);
}), Number(seconds) * 1000);
const cpuMs = (await taskS() - cpuBefore) * 1000;
frames.sort((a, b) => a - b);
const long = await page.evaluate(() => globalThis.longTasks);
console.log(JSON.stringify({...atFirst, seconds: Number(seconds), updates: updates - updatesBefore,
  cpu_share: Number((cpuMs / 1000 / Number(seconds)).toFixed(3)), cpu_ms_per_update: Math.round(cpuMs / Math.max(1, updates - updatesBefore)),
  frames_per_s: Math.round(frames.length / Number(seconds)),
  frame_ms_p50: Math.round(frames[frames.length >> 1]), frame_ms_p99: Math.round(frames[Math.floor(frames.length * 0.99)]),
  long_tasks: long.length, longest_task_ms: Math.round(Math.max(0, ...long)), heap_mb_before: Math.round(before), heap_mb_after: Math.round(await heap())}, null, 1));
await browser.close();
