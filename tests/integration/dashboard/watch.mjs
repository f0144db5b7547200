// ./pipeline watch: the figures of the page as text, once where there is no terminal, in place where there is one.
// Usage: node watch.mjs BINARY

import assert from 'node:assert/strict';
import {spawn, spawnSync} from 'node:child_process';
import path from 'node:path';
import test from 'node:test';
import {fileURLToPath} from 'node:url';

import {Replay, expectPage, makeTrips, post} from '../../e2e/page/city.mjs';
import {Program} from './program.mjs';

const REPOSITORY = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const FIRST_DAY_S = 1704085200;
const HOUR_S = 3600;
const DEADLINE_MS = 30000;
const ESCAPE = '\u001b';

const trips = makeTrips({seed: 5, fromS: FIRST_DAY_S, days: 3, perDay: 1400});
const binary = process.argv[2];
const watch = (...options) => spawnSync('./pipeline', ['watch', ...options], {cwd: REPOSITORY, encoding: 'utf8', timeout: DEADLINE_MS});
const count = (n) => n.toLocaleString('en-US');

async function fed(t, untilS) {
  const program = await new Program(binary).start();
  t.after(() => program.release());
  const replay = new Replay(trips, 2202401);
  await post(program.base, replay.messageUntil(untilS));
  return {program, replay};
}

test('once: the figures of the trips, without a colour, and no number left out', async (t) => {
  const untilS = FIRST_DAY_S + 2 * 24 * HOUR_S + 17.4 * HOUR_S;
  const {program} = await fed(t, untilS);
  const {figures, pickups, longest} = expectPage(trips, untilS);
  const {status, stdout, stderr} = watch('--once', '--url', program.base);
  assert.equal(status, 0, stderr);
  assert.ok(!stdout.includes(ESCAPE), 'colours where no terminal is');
  assert.match(stdout, /^Wed 3 Jan 2024, 17:2\d\n/);
  assert.match(stdout, /New York time · green 2024-01 · /);
  for (const [title, text] of [['Under way now', count(figures.under_way)], ['Started today', count(figures.started)],
    ['Completed today', count(figures.completed)], ['Revenue today', `\\$${count(Math.round(figures.revenue_cents / 100))}`], ['Late events', '0']]) {
    assert.match(stdout, new RegExp(`${title} +${text}(\\s|$)`), title);
  }
  for (const [, n] of pickups.slice(0, 5)) {
    assert.match(stdout, new RegExp(` ${count(n)}\n`));
  }
  const since = [...stdout.matchAll(/ min {3}since (\d\d:\d\d)\n/g)].map(([, time]) => time);
  assert.deepEqual(since, longest.slice(0, 5).map(([start]) => new Date((start - 5 * HOUR_S) * 1000).toISOString().slice(11, 16)));
  assert.match(stdout, /Ledger +producer-server, consumer-store, consumer-process down/);
  assert.equal((stdout.match(/^ {2}[✓…?✗] /gm) ?? []).length, (await program.get('/api/status')).ledger.length);
  assert.ok(stdout.split('\n').every((line) => [...line].length <= 80), 'wider than 80 columns');
});

test('once: a dashboard without trips names the command, one that is away is said so', async (t) => {
  const program = await new Program(binary).start();
  t.after(() => program.release());
  const empty = watch('--once', '--url', program.base);
  assert.equal(empty.status, 0, empty.stderr);
  assert.match(empty.stdout, /^no trips yet: \.\/pipeline replay green 2024-01\n/);
  await program.end();
  const away = watch('--url', program.base); // no terminal: as with --once
  assert.equal(away.status, 69);
  assert.match(away.stderr, /does not answer/);
  assert.equal(watch('--once', 'x').status, 64);
});

test('on a terminal: refreshed in place, says that the dashboard is lost, comes back, and leaves the terminal as it was', async (t) => {
  const untilS = FIRST_DAY_S + 30 * HOUR_S;
  const {program, replay} = await fed(t, untilS);
  // script gives it a terminal; the inner shell tells its pid, which gets the signal that Ctrl-C would send.
  const child = spawn('script', ['-qec', `sh -c 'echo pid=$$; exec ./pipeline watch --url ${program.base}'`, '/dev/null'],
    {cwd: REPOSITORY, env: {...process.env, TERM: 'xterm'}, stdio: ['pipe', 'pipe', 'inherit']});
  const ended = new Promise((done) => { child.on('exit', (code) => done(code)); });
  t.after(() => child.kill('SIGKILL'));
  let text = '';
  const until = (holds, what) => new Promise((done, fail) => {
    const deadline = setTimeout(() => fail(new Error(`${what}: not within ${DEADLINE_MS} ms: ${JSON.stringify(text.slice(-600))}`)), DEADLINE_MS);
    const look = () => {
      if (holds(text)) {
        clearTimeout(deadline);
        child.stdout.off('data', look);
        done();
      }
    };
    child.stdout.on('data', look);
    look();
  });
  child.stdout.on('data', (data) => { text += data; });
  const started = (atS) => `${count(expectPage(trips, atS).figures.started)}${ESCAPE}[0m`;
  await until(() => text.includes(started(untilS)), 'the figures');
  await post(program.base, replay.messageUntil(untilS + HOUR_S));
  await until(() => text.includes(started(untilS + HOUR_S)), 'the figures an hour later');
  assert.ok((text.match(/\u001b\[H/g) ?? []).length >= 2, 'not in place');
  await program.end();
  await until(() => /lost, this is from \d\d:\d\d:\d\d/.test(text), 'the lost connection');
  const mark = text.length;
  await program.start();
  await until(() => text.slice(mark).includes(`${ESCAPE}[32mlive`), 'the connection again');
  process.kill(Number(/pid=(\d+)/.exec(text)[1]), 'SIGINT');
  assert.equal(await ended, 0);
  assert.match(text, /\u001b\[\?7h\u001b\[\?25h\u001b\[\?1049l$/);
});
