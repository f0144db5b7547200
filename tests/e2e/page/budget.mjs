// What the Live page costs a browser: bytes over the wire, time to the first figures, long tasks at the start and while it is updated,
// frames, memory. Tasks are counted by the CPU time of the page's thread, so that other work of the machine does not count.
//
//   node budget.mjs BASE_URL [SECONDS]     with data, best while a replay runs (feed.mjs --live 900)
//
// Prints one JSON object. Chromium and libraries as in page.mjs.

import {createRequire} from 'node:module';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

const REPOSITORY = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const DEPS = process.env.TLC_DEPS ?? path.join(REPOSITORY, '.deps');
const CHROMIUM = process.env.TLC_CHROMIUM ?? '/usr/bin/chromium';
const START_MS = 60000;
const FRAME_MS = 1000 / 60;

export async function launch() {
  const {chromium} = createRequire(path.join(DEPS, 'package.json'))('playwright-core');
  return chromium.launch({executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--enable-precise-memory-info', '--js-flags=--expose-gc']});
}

// CPU milliseconds of each task of the page's thread in a trace, the longest first.
function tasksOf(trace) {
  const {traceEvents: events} = JSON.parse(trace.toString());
  const thread = ({pid, tid}) => `${pid} ${tid}`;
  const pages = new Set(events.filter((e) => e.name === 'thread_name' && e.args.name === 'CrRendererMain').map(thread));
  return events.filter((e) => e.name === 'RunTask' && e.tdur !== undefined && pages.has(thread(e)))
    .map((e) => e.tdur / 1000).sort((a, b) => b - a);
}

async function traced(browser, page, work) {
  await browser.startTracing(page, {categories: ['disabled-by-default-devtools.timeline']});
  const found = await work();
  return [found, tasksOf(await browser.stopTracing())];
}

const heap = (page) => page.evaluate(() => { globalThis.gc?.(); return performance.memory.usedJSHeapSize / 2 ** 20; });

// The time of the first figures, on the page's own clock: noted in the frame that shows them.
const NOTE_FIGURES = () => {
  const look = () => {
    if (document.querySelector('[data-figure="started"]')?.dataset.value) {
      globalThis.figuresAt = performance.now();
    } else {
      requestAnimationFrame(look);
    }
  };
  requestAnimationFrame(look);
};

// Opens the page anew and waits until all of it is drawn.
export async function measureStart(browser, base) {
  const context = await browser.newContext({viewport: {width: 1440, height: 1700}});
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send('Network.enable');
  let wire = 0;
  devtools.on('Network.loadingFinished', ({encodedDataLength}) => { wire += encodedDataLength; });
  await page.addInitScript(NOTE_FIGURES);
  const [figuresAt, tasks] = await traced(browser, page, async () => {
    await page.goto(base, {waitUntil: 'load'});
    await page.waitForFunction(() => globalThis.figuresAt > 0 && ['map', 'hours', 'rides'].every((id) =>
      globalThis.Chart?.getChart(document.querySelector(`#${id} canvas`))), null, {timeout: START_MS});
    await page.evaluate(() => new Promise((done) => { requestIdleCallback(done, {timeout: 5000}); }));
    return page.evaluate(() => globalThis.figuresAt);
  });
  return {page, start: {wire_kb: Math.round(wire / 1000), first_figures_ms: Math.round(figuresAt), longest_task_cpu_ms: Math.round(tasks[0] ?? 0)}};
}

// Frames, tasks and memory of an open page for so many seconds.
export async function measureLive(browser, page, seconds) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable', {timeDomain: 'threadTicks'});
  const taskS = async () => (await devtools.send('Performance.getMetrics')).metrics.find(({name}) => name === 'TaskDuration').value;
  const [heapBefore, cpuBefore] = [await heap(page), await taskS()];
  const [{gaps: frames, updates}, tasks] = await traced(browser, page, () => page.evaluate((ms) => new Promise((done) => {
    const gaps = [];
    const clock = document.querySelector('[data-figure="clock_s"]');
    let updates = 0;
    new MutationObserver(() => { updates += 1; }).observe(clock, {attributes: true, attributeFilter: ['data-value']});
    const end = performance.now() + ms;
    let last = performance.now();
    const frame = (at) => {
      gaps.push(at - last);
      last = at;
      if (at < end) { requestAnimationFrame(frame); } else { done({gaps: gaps.slice(1).sort((a, b) => a - b), updates}); }
    };
    requestAnimationFrame(frame);
  }), seconds * 1000));
  const cpuS = await taskS() - cpuBefore;
  const rank = (share) => Math.round(frames[Math.floor(frames.length * share)]);
  return {seconds, updates, updates_per_s: Number((updates / seconds).toFixed(1)), cpu_share: Number((cpuS / seconds).toFixed(3)),
    cpu_ms_per_update: Math.round(cpuS * 1000 / Math.max(1, updates)), frames_per_s: Math.round(frames.length / seconds),
    frame_ms_p50: rank(0.5), frame_ms_p99: rank(0.99), longest_task_cpu_ms: Math.round(tasks[0] ?? 0),
    frames_lost: tasks.reduce((sum, ms) => sum + Math.floor(ms / FRAME_MS), 0), heap_mb_before: Number(heapBefore.toFixed(1)),
    heap_mb_after: Number((await heap(page)).toFixed(1))};
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [base, seconds = '20'] = process.argv.slice(2);
  if (!base) {
    console.error('usage: node budget.mjs BASE_URL [SECONDS]');
    process.exit(64);
  }
  const browser = await launch();
  const {page, start} = await measureStart(browser, base);
  console.log(JSON.stringify({start, live: await measureLive(browser, page, Number(seconds))}, null, 1));
  await browser.close();
}
