// The History page: every number against SQL over the rows themselves, with late trips and a day of 23 hours; stream = batch, which a
// forged row breaks; a database that is not there, not yet filled, restarted, locked, or forbidden; by keyboard; in light, dark and
// on a phone. Usage (by history.sh, with DATABASE_URL, PG_CLUSTER, WORK): node history.mjs DASHBOARD_BINARY BATCH_BINARY

import {spawn, spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync} from 'node:fs';
import http from 'node:http';
import {createRequire} from 'node:module';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

import {Replay, makeTrips, post} from '../../e2e/page/city.mjs';
import {Program} from './program.mjs';

const REPOSITORY = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const DEPS = process.env.TLC_DEPS ?? path.join(REPOSITORY, '.deps');
const CHROMIUM = process.env.TLC_CHROMIUM ?? '/usr/bin/chromium';
const OUT = path.join(process.env.TLC_TEST_OUT ?? path.join(REPOSITORY, 'tests/out'), 'dashboard');
const {DATABASE_URL, PG_CLUSTER} = process.env;
delete process.env.DATABASE_URL; // the dashboards below have one by option, or none
const [dashboardBinary, batchBinary] = process.argv.slice(2);
const GREEN = {source: 2202401, fromS: 1704085200, days: 24, perDay: 260, seed: 3};
const YELLOW = {source: 1202403, fromS: 1709874000, days: 5, perDay: 400, seed: 4}; // 8 to 12 March: the clock goes forward on the 10th
const LATE = 7;
const DEADLINE_MS = 60000;

if (!existsSync(CHROMIUM) || !existsSync(path.join(DEPS, 'node_modules/playwright-core'))) {
  console.error(`SKIPPED: no Chromium at ${CHROMIUM}, or no playwright-core in ${DEPS}; ./pipeline setup installs them`);
  process.exit(77);
}
mkdirSync(OUT, {recursive: true});

let passed = 0;
let failed = 0;
function check(holds, words) {
  passed += holds ? 1 : 0;
  failed += holds ? 0 : 1;
  if (!holds) {
    console.log(`FAILED ${words}`);
  }
}
const equal = (name, found, wanted) => check(JSON.stringify(found) === JSON.stringify(wanted), `${name}: ${JSON.stringify(found)?.slice(0, 400)}, expected ${JSON.stringify(wanted)?.slice(0, 400)}`);

/* --- the rows --- */

function psql(text, url = DATABASE_URL) {
  const {status, stdout, stderr} = spawnSync('psql', ['-qXtA', '-v', 'ON_ERROR_STOP=1', url], {input: text, encoding: 'utf8', maxBuffer: 2 ** 26});
  if (status !== 0) {
    throw new Error(`psql: ${stderr}\n${text.slice(0, 300)}`);
  }
  return stdout.trim();
}
const sql = (text) => JSON.parse(psql(`SELECT coalesce(json_agg(json_build_array(${text.columns})), '[]') FROM (${text.from}) q`));

function rows({source, fromS, days, perDay, seed}) {
  const trips = makeTrips({seed, fromS, days, perDay});
  const id = (trip) => `${source}${String(trip.row).padStart(9, '0')}`;
  const at = (s) => new Date(s * 1000).toISOString();
  psql(`SELECT source_add(${source});
COPY trip_start (trip_id, at, zone_id, vendor_id, passenger_count) FROM stdin;
${trips.map((t) => [id(t), at(t.start), t.from, 1, t.passengers].join('\t')).join('\n')}
\\.
COPY trip_end (trip_id, at, zone_id, vendor_id, distance_mi, fare_cents, tip_cents, total_cents) FROM stdin;
${trips.map((t) => [id(t), at(t.end), t.to, 1, t.miles / 100, t.fare, t.tip, t.total].join('\t')).join('\n')}
\\.
INSERT INTO dirty_day (source_id, day) SELECT DISTINCT ${source}, (at AT TIME ZONE 'America/New_York')::date
FROM (SELECT at, trip_id FROM trip_start UNION ALL SELECT at, trip_id FROM trip_end) e WHERE trip_id / 1000000000 = ${source}
ON CONFLICT (source_id, day) DO UPDATE SET touched_at = clock_timestamp();`);
  return trips;
}

function batch() {
  const {status, stderr} = spawnSync(batchBinary, ['--database', DATABASE_URL], {encoding: 'utf8'});
  check(status === 0, `batch-process ended with ${status}: ${stderr}`);
}

// The figures of a period from the rows, as the page should have them: [start, starts, ends, matched, revenue, median or null].
function wanted({by, dataset, zone, from = '2000-01-01', to = '2100-01-01'}) {
  const period = (column) => `date_trunc('${by}', ${column} AT TIME ZONE 'America/New_York')::date`;
  const where = (column, z) => `${column} >= timestamp '${from}' AT TIME ZONE 'America/New_York' AND ${column} < timestamp '${to}' AT TIME ZONE 'America/New_York'
    ${dataset ? `AND trip_id / 1000000000000000 = ${dataset}` : ''} ${zone ? `AND ${z} = ${zone}` : ''}`;
  return sql({columns: 'start, starts, ends, matched, revenue, median', from: `
    SELECT start, coalesce(starts, 0) starts, coalesce(ends, 0) ends, coalesce(matched, 0) matched, coalesce(revenue, 0) revenue, median
    FROM (SELECT ${period('at')} AS start, count(*) AS starts FROM trip_start WHERE ${where('at', 'zone_id')} GROUP BY 1) s
    FULL JOIN (SELECT ${period('e.at')} AS start, count(*) AS ends, count(ride) AS matched, sum(total_cents) AS revenue, percentile_disc(0.5) WITHIN GROUP (ORDER BY ride) AS median
               FROM (SELECT e.*, CASE WHEN e.at BETWEEN s.at AND s.at + interval '24 hours' THEN extract(epoch FROM e.at - s.at)::integer END AS ride
                     FROM trip_end e LEFT JOIN trip_start s USING (trip_id)) e WHERE ${where('e.at', 'zone_id')} GROUP BY 1) e USING (start)
    ORDER BY start`});
}

/* --- the dashboard and its neighbours --- */

// What the other parts would say at rest.
const neighbour = {late: 0};
const neighbours = http.createServer((_, reply) => reply.end(JSON.stringify({counters: {}, ledger: {read: 0, stored: 0, counted: 0, duplicate: 0,
  refused: 0, marks: 0, late: neighbour.late}, partitions: [{partition: 0, end: 0, lag: 0}]})));
await new Promise((done) => { neighbours.listen(0, '127.0.0.1', done); });
const others = `http://127.0.0.1:${neighbours.address().port}`;
const makeProgram = (...options) => new Program(dashboardBinary, ['--vendor', path.join(DEPS, 'node_modules'), '--store-url', others, '--process-url', others, '--server-url', others, ...options]);

const {chromium} = createRequire(path.join(DEPS, 'package.json'))('playwright-core');
const browser = await chromium.launch({executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking']});
const axe = readFileSync(path.join(DEPS, 'node_modules/axe-core/axe.min.js'), 'utf8');

async function open(program, query = '', options = {}) {
  const context = await browser.newContext({viewport: {width: 1440, height: 1000}, timezoneId: 'Asia/Tokyo', acceptDownloads: true, ...options});
  const page = await context.newPage();
  const bad = [];
  page.on('console', (message) => message.type() === 'error' && bad.push(message.text()));
  page.on('pageerror', (error) => bad.push(error.message));
  page.on('request', (request) => request.url().startsWith(program.base) || request.url().startsWith('blob:') || bad.push(`request to ${request.url()}`));
  await page.goto(`${program.base}/history${query}`);
  return {context, page, bad};
}
const loaded = (page) => page.waitForFunction(() => document.body.dataset.loaded, null, {timeout: DEADLINE_MS});
// Runs what changes the view, and waits until the page has drawn the answer.
async function reload(page, act) {
  await page.evaluate(() => { delete document.body.dataset.loaded; });
  await act();
  await loaded(page);
}
const figure = (page, name) => page.$eval(`[data-figure="${name}"]`, (element) => element.dataset.value);
const tableRows = (page) => page.$$eval('[data-figure="period"]', (found) => found.map(({dataset: d}) => [d.start, Number(d.value), Number(d.ends), Number(d.matched), Number(d.revenue), d.ride === '' ? null : Number(d.ride)]));

async function look(page, name, width) {
  await page.screenshot({path: path.join(OUT, `history-${name}.png`), fullPage: true});
  check(await page.evaluate(() => document.documentElement.scrollWidth) <= width, `${name} scrolls sideways`);
  await page.evaluate(axe);
  const {violations} = await page.evaluate(() => globalThis.axe.run(document, {resultTypes: ['violations']}));
  const serious = violations.filter((v) => v.impact === 'serious' || v.impact === 'critical');
  equal(`axe, ${name}`, serious.map((v) => `${v.id} at ${v.nodes.map((n) => n.target.join(' ')).slice(0, 3)}`), []);
}

async function until(what, holds) {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const found = await holds();
    if (found) {
      return found;
    }
    if (Date.now() > deadline) {
      throw new Error(`${what}: not within ${DEADLINE_MS / 1000} s`);
    }
    await new Promise((done) => { setTimeout(done, 100); });
  }
}

/* --- what is checked --- */

async function checkWithout() {
  const program = await makeProgram().start();
  const {page, context, bad} = await open(program);
  await page.waitForSelector('#empty:not([hidden])', {timeout: DEADLINE_MS});
  check((await page.textContent('#empty')).includes('--database postgresql:///taxi'), 'the page does not say how to connect a database');
  equal('state without a database', (await program.get('/api/history')).state, 'none');
  for (const where of ['series', 'day?day=2024-01-01']) {
    const reply = await fetch(`${program.base}/api/history/${where}`);
    equal(`${where} without a database`, [reply.status, (await reply.json()).rule], [503, 'no_database']);
  }
  equal('stream = batch without a database', (await program.get('/api/history/diff')).done, false);
  await look(page, 'no-database', 1440);
  equal('console without a database', bad, []);
  await context.close();
  await program.release();
}

async function checkNotYet(program) {
  const {page, context, bad} = await open(program);
  await page.waitForSelector('#empty:not([hidden])', {timeout: DEADLINE_MS});
  equal('state before the first run', (await program.get('/api/history')).state, 'empty');
  check((await page.textContent('#empty')).includes('./pipeline batch'), 'the page does not name the command that makes days');
  batch();
  await loaded(page); // it asks again by itself
  equal('console of the page that waited', bad, []);
  await context.close();
}

async function checkBadQueries(program) {
  for (const query of ['series?by=year', 'series?from=2024-02-30', 'series?from=2024-1-1', 'series?from=2024-01-02&to=2024-01-02', 'series?to=%27;drop', 'series?dataset=purple',
    'series?zone=0', 'series?zone=266', 'day', 'day?day=x', 'day?day=2024-13-01']) {
    const reply = await fetch(`${program.base}/api/history/${query}`);
    equal(query, [reply.status, (await reply.json()).rule], [400, 'bad_query']);
  }
}

async function checkNumbers(program) {
  for (const [query, filter] of [
    ['?dataset=green', {by: 'day', dataset: 2}],
    ['?dataset=yellow', {by: 'day', dataset: 1}],
    ['?dataset=green&zone=74', {by: 'day', dataset: 2, zone: 74}],
    ['?dataset=green&from=2024-01-05&to=2024-01-11', {by: 'day', dataset: 2, from: '2024-01-05', to: '2024-01-12'}],
    ['?from=2024-01-01&to=2024-03-31', {by: 'day'}],
    ['?from=2024-01-01&to=2024-03-31&by=week', {by: 'week'}],
    ['?dataset=green&by=month', {by: 'month', dataset: 2}],
  ]) {
    const {page, context, bad} = await open(program, query);
    await loaded(page);
    const expected = wanted(filter);
    check(expected.length > 0, `${query}: nothing is expected`);
    const found = await tableRows(page);
    const exact = !filter.zone || filter.by === 'day';
    equal(`table ${query}`, exact ? found : found.map((r) => r.slice(0, 5)), exact ? expected : expected.map((r) => r.slice(0, 5)));
    const sum = (i) => expected.reduce((n, r) => n + r[i], 0);
    equal(`figures ${query}`, [await figure(page, 'started'), await figure(page, 'completed'), await figure(page, 'revenue_cents')].map(Number), [sum(1), sum(3), sum(4)]);
    equal(`console ${query}`, bad, []);
    await context.close();
  }
}

async function checkDay(program) {
  const {page, context} = await open(program, '?dataset=yellow&day=2024-03-10');
  await loaded(page);
  await page.click('[data-table="day"]');
  const found = await page.$$eval('[data-figure="day_hour"]', (all) => all.map(({dataset: d}) => [Number(d.hour), Number(d.value), Number(d.ends)]));
  equal('hours of the day of 23 hours', found, sql({columns: 'hour, starts, ends', from: `
    SELECT hour, coalesce(starts, 0) AS starts, coalesce(ends, 0) AS ends
    FROM (SELECT extract(hour FROM at AT TIME ZONE 'America/New_York')::integer AS hour, count(*) AS starts FROM trip_start WHERE (at AT TIME ZONE 'America/New_York')::date = '2024-03-10' GROUP BY 1) s
    FULL JOIN (SELECT extract(hour FROM at AT TIME ZONE 'America/New_York')::integer AS hour, count(*) AS ends FROM trip_end WHERE (at AT TIME ZONE 'America/New_York')::date = '2024-03-10' GROUP BY 1) e USING (hour)
    ORDER BY hour`}));
  equal('hour 2 of it', found.some(([hour]) => hour === 2), false);
  const routes = await page.$$eval('[data-figure="route"]', (all) => all.map(({dataset: d}) => [Number(d.from), Number(d.to), Number(d.value)]));
  equal('routes of the day', routes, sql({columns: 'pickup, dropoff, n', from: `
    SELECT s.zone_id AS pickup, e.zone_id AS dropoff, count(*) AS n FROM trip_start s JOIN trip_end e USING (trip_id)
    WHERE (e.at AT TIME ZONE 'America/New_York')::date = '2024-03-10' GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 10`}));
  await context.close();
}

async function checkUse(program) {
  const {page, context, bad} = await open(program, '?dataset=green&from=2024-01-10&to=2024-01-16');
  await loaded(page);
  await reload(page, () => page.selectOption('#compare', 'before'));
  equal('the compared range', await page.textContent('#trend-legend li:last-child'), '3 to 9 Jan 2024, laid over it');
  const then = wanted({by: 'day', dataset: 2, from: '2024-01-03', to: '2024-01-10'}).reduce((n, r) => n + r[1], 0);
  const now = wanted({by: 'day', dataset: 2, from: '2024-01-10', to: '2024-01-17'}).reduce((n, r) => n + r[1], 0);
  const change = (now - then) / then * 100;
  check((await page.textContent('#figures .figure:first-child .change')).startsWith(`${change > 0 ? '▲' : '▼'} ${Math.abs(change).toFixed(1)} %`), 'the change against the compared range is another');
  await page.click('[data-sort="starts"]');
  const sorted = (await tableRows(page)).map((r) => r[1]);
  equal('sorted by trips started', sorted, [...sorted].sort((a, b) => b - a));
  equal('aria-sort', await page.getAttribute('th:has([data-sort="starts"])', 'aria-sort'), 'descending');
  await page.click('[data-sort="starts"]');
  equal('sorted the other way', (await tableRows(page)).map((r) => r[1]), sorted.reverse());
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#table-tools [aria-label^="Save"]')]);
  const lines = readFileSync(await download.path(), 'utf8').trim().split('\r\n');
  equal('lines of the CSV', lines.length, 8);
  equal('the CSV is sorted as shown', lines.slice(1).map((line) => Number(line.split(',')[1])), sorted);
  await page.click('#metric [data-value="revenue"]');
  equal('title of the chart', await page.textContent('#trend-h'), 'Revenue by day');
  await page.locator('#trend canvas').focus();
  await page.keyboard.press('ArrowRight');
  check(/Wed 10 Jan 2024: \$[\d,]+; Wed 3 Jan 2024: \$[\d,]+/.test(await page.textContent('#say')), `an arrow key reads: ${await page.textContent('#say')}`);
  await page.locator('.handle').nth(1).focus();
  await reload(page, () => page.keyboard.press('ArrowLeft'));
  equal('the range after an arrow key on its end', new URL(page.url()).searchParams.get('to'), '2024-01-15');
  await reload(page, () => page.click('#preset [data-value="all"]'));
  const box = await page.locator('.track').boundingBox();
  await reload(page, async () => { // drag a new range over the second half
    await page.locator('.handle').nth(1).focus();
    await page.mouse.move(box.x + box.width - 1, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2, box.y + 40, {steps: 4});
    await page.mouse.up();
  });
  check(new URL(page.url()).searchParams.get('to') < '2024-01-16', `the range after a drag: ${page.url()}`);
  const address = page.url();
  const shown = await tableRows(page);
  await page.reload();
  await loaded(page);
  equal('the page after a reload', [page.url(), await tableRows(page)], [address, shown]);
  await page.selectOption('#zone', '74');
  await page.waitForFunction(() => document.querySelector('#trend .sub').textContent.includes('East Harlem North'));
  equal('console in use', bad, []);
  await context.close();
}

const diffLine = async (program) => (await program.get('/api/status')).ledger.find(({line}) => line.startsWith('stream = batch'));

// Late trips are in the rows and not in the windows: the line balances by number. A forged row gives a cross.
async function checkStreamBatch(program, trips) {
  const late = trips.filter((t) => t.row % 701 === 5).slice(0, LATE);
  const replay = new Replay(trips.filter((t) => !late.includes(t)), GREEN.source);
  for (let day = 1; day < GREEN.days; day += 1) {
    await post(program.base, replay.messageUntil(GREEN.fromS + day * 86400));
  }
  const last = replay.messageUntil(GREEN.fromS + 40 * 86400, true);
  last.partitions[0].late = late.length * 2;
  neighbour.late = late.length * 2;
  await post(program.base, last);
  const line = await until('the line holds', async () => { const l = await diffLine(program); return l.ok && l; });
  equal('stream = batch', [line.left, line.right], [trips.length * 2, trips.length * 2]);
  const {page, context} = await open(program, '?dataset=green');
  await loaded(page);
  equal('late events on the page', await page.getAttribute('#diff-text', 'data-value'), String(late.length * 2));
  await look(page, 'light', 1440);
  await context.close();
  const windows = await program.get('/api/windows/days');
  equal('late events in the API', windows.sources, [{source: GREEN.source, late: late.length * 2}]);
  const byFunction = sql({columns: 'n', from: `SELECT sum(batch - stream)::integer AS n FROM stream_batch_diff('${JSON.stringify(windows.days)}') WHERE source_id = ${GREEN.source}`});
  equal('SQL over the same windows', byFunction, [[late.length * 2]]);

  psql(`SELECT start_add(${GREEN.source}900000001, '2024-01-09 12:00-05', 74)`);
  const open1 = await until('the changed day is told', async () => { const l = await diffLine(program); return l.left === null && l; });
  check(/1 days have changed/.test(open1.note), `the note while a day waits: ${open1.note}`);
  batch();
  const cross = await until('the forged row shows', async () => { const l = await diffLine(program); return l.left !== null && !l.ok && l; });
  equal('with a forged row', [cross.left - cross.right, cross.ok], [1, false]);
  // One that takes the place of another: the sum is right, the places are not.
  psql(`DELETE FROM trip_start WHERE trip_id = ${GREEN.source}900000001; UPDATE trip_start SET zone_id = 265 WHERE trip_id = ${GREEN.source}000000100;
    INSERT INTO dirty_day SELECT ${GREEN.source}, day FROM generate_series(date '2024-01-01', '2024-01-12', interval '1 day') day ON CONFLICT DO NOTHING`);
  batch();
  const moved = await until('the moved row shows', async () => { const l = await diffLine(program); return l.left === l.right && l.left !== null && l; });
  check(!moved.ok && /1 places/.test(moved.note), `a row in another zone: ${JSON.stringify(moved)}`);
  psql(`UPDATE trip_start SET zone_id = ${trips[99].from} WHERE trip_id = ${GREEN.source}000000100; INSERT INTO dirty_day VALUES (${GREEN.source}, '2024-01-01') ON CONFLICT DO NOTHING`);
  batch();
  await until('all is well again', async () => (await diffLine(program)).ok);
}

async function checkLooks(program) {
  for (const [name, options] of [['dark', {colorScheme: 'dark'}], ['phone', {viewport: {width: 360, height: 1200}}]]) {
    const {page, context, bad} = await open(program, '?dataset=green&from=2024-01-15&to=2024-01-21&compare=before', options);
    await loaded(page);
    await look(page, name, options.viewport?.width ?? 1440);
    equal(`console, ${name}`, bad, []);
    await context.close();
  }
}

const server = (verb, ...more) => {
  const bin = process.env.PG_BIN ?? spawnSync('sh', ['-c', 'find /usr/lib/postgresql -maxdepth 2 -name bin | sort -V | tail -n 1'], {encoding: 'utf8'}).stdout.trim();
  const as = process.getuid() === 0 ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups'] : [];
  const words = [...as, `${bin}/pg_ctl`, '-D', `${PG_CLUSTER}/data`, '-w', '-m', 'fast', '-l', `${PG_CLUSTER}/server.log`, ...more, verb];
  const {status, stderr} = spawnSync(words[0], words.slice(1), {cwd: '/', encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe']});
  check(status === 0, `pg_ctl ${verb}: ${stderr}`);
};

async function checkFaults(program) {
  const {page, context} = await open(program, '?dataset=green');
  await loaded(page);
  const before = await tableRows(page);
  server('restart');
  equal('the first question after a restart', (await program.get('/api/history')).state, 'ready');
  server('stop');
  equal('state while PostgreSQL is away', (await program.get('/api/history')).state, 'away');
  equal('series while PostgreSQL is away', (await fetch(`${program.base}/api/history/series`)).status, 503);
  check((await program.get('/api/summary')).have_data, 'the live side does not answer while PostgreSQL is away');
  await page.reload();
  await page.waitForFunction(() => document.querySelector('#empty-title').textContent === 'The database does not answer', null, {timeout: DEADLINE_MS});
  server('start', '-o', `-k ${PG_CLUSTER} -c listen_addresses= -c fsync=off`);
  await loaded(page);
  equal('the page when PostgreSQL is back', await tableRows(page), before);
  await context.close();

  // A locked table: the question gives up, the live side does not wait for it.
  const locker = spawn('psql', ['-qXtA', DATABASE_URL], {stdio: ['pipe', 'pipe', 'inherit']});
  const told = new Promise((done) => { locker.stdout.once('data', done); });
  locker.stdin.write('BEGIN; LOCK TABLE day_total; SELECT 1;\n');
  await told;
  const waiting = Array.from({length: 80}, () => fetch(`${program.base}/api/history/series`).then((reply) => reply.status));
  const began = performance.now();
  await program.get('/api/summary');
  check(performance.now() - began < 1500, `the live side waited ${Math.round(performance.now() - began)} ms for a locked table`);
  const done = new Promise((end) => { locker.on('exit', end); });
  const first = await Promise.race(waiting);
  equal('a question to a locked table', first, 503);
  locker.stdin.end('ROLLBACK;\n');
  await done;
  check((await Promise.all(waiting)).every((status) => status === 503 || status === 200), 'a question was lost');
  equal('after the lock', (await program.get('/api/history')).state, 'ready');
}

async function checkRights() {
  psql(`CREATE ROLE reader LOGIN; CREATE ROLE nobody LOGIN;
    GRANT SELECT ON day_stat, day_total, week_stat, month_stat, route_day, batch_run, batch_todo, dirty_day TO reader`);
  const as = (role) => DATABASE_URL.replace(/user=\w+/, `user=${role}`);
  const reader = await makeProgram('--database', as('reader')).start();
  equal('state for a role that may only read', (await reader.get('/api/history')).state, 'ready');
  check((await reader.get('/api/history/series?dataset=green')).rows.length > 20, 'a role that may only read sees no rows');
  check((await reader.get('/api/history/day?day=2024-01-15')).routes.length === 10, 'a role that may only read sees no routes');
  await reader.release();
  const nobody = await makeProgram('--database', as('nobody')).start();
  const refused = await nobody.get('/api/history');
  check(refused.state === 'refused' && /permission denied/.test(refused.text), `for a role without rights: ${JSON.stringify(refused)}`);
  const {page, context} = await open(nobody);
  await page.waitForFunction(() => document.querySelector('#empty-title').textContent === 'The database refuses', null, {timeout: DEADLINE_MS});
  await context.close();
  await nobody.release();
}

// In a pool of one session, which it leaves as it found it: its read-only is not for others.
async function checkPooled() {
  const folder = `${PG_CLUSTER}-pool`;
  const pooler = (...words) => spawnSync('tests/support/pgbouncer.sh', words, {cwd: REPOSITORY, encoding: 'utf8'});
  const {status, stderr} = pooler('start', folder, PG_CLUSTER, 'transaction', '1');
  if (status === 77) {
    console.log(stderr.trim());
    return;
  }
  check(status === 0, `PgBouncer does not start: ${stderr}`);
  const url = `host=${folder} port=6432 user=taxi dbname=postgres`;
  psql("SET search_path = ''; SET timezone = 'Asia/Tokyo'; SET datestyle = 'German'", url); // what others left there
  const pooled = await makeProgram('--database', url).start();
  equal('state by a pooler', (await pooled.get('/api/history')).state, 'ready');
  equal('days by a pooler', await pooled.get('/api/history/series?dataset=green'), await program.get('/api/history/series?dataset=green'));
  equal('what it leaves in a session', psql('SHOW default_transaction_read_only; SHOW statement_timeout; SHOW jit', url), 'off\n0\non');
  await pooled.release();
  pooler('stop', folder);
}

const program = await makeProgram('--database', DATABASE_URL).start();
try {
  await checkWithout();
  const trips = rows(GREEN);
  rows(YELLOW);
  await checkNotYet(program);
  await checkBadQueries(program);
  await checkNumbers(program);
  await checkDay(program);
  await checkUse(program);
  await checkStreamBatch(program, trips);
  await checkLooks(program);
  await checkRights();
  await checkPooled();
  await checkFaults(program);
  equal('how it ends', await program.end('SIGTERM'), {code: 0, signal: null});
} catch (error) {
  check(false, error.stack);
} finally {
  await browser.close();
  await program.release();
  neighbours.close();
  neighbours.closeAllConnections();
}
console.log(failed === 0 ? `${passed} checks passed` : `${failed} failed, ${passed} passed`);
process.exit(failed === 0 ? 0 : 1);
