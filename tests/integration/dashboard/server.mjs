// The dashboard over real sockets: durability across kills, streams, limits, tokens, stopping.
// Usage: node server.mjs BINARY

import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {rmSync, writeFileSync} from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import test from 'node:test';
import {gzipSync} from 'node:zlib';

import {Replay, makeTrips, post} from '../../e2e/page/city.mjs';
import {Program} from './program.mjs';

const binary = process.argv[2];
const FIRST_DAY_S = 1704085200;
const HOUR_S = 3600;
const SOURCE = 2202401;

const trips = makeTrips({seed: 5, fromS: FIRST_DAY_S, days: 2, perDay: 900});

async function started(t, options) {
  const program = new Program(binary, options);
  t.after(() => program.release());
  return program.start();
}

// The stream as its raw text, and a promise of the first text that fits.
function openStream(program, headers = '') {
  const socket = net.connect(program.port, '127.0.0.1', () => socket.write(`GET /api/stream HTTP/1.1\r\nHost: x\r\n${headers}\r\n`));
  const stream = {socket, text: '', closed: false};
  stream.until = (holds, what) => new Promise((done, fail) => {
    const deadline = setTimeout(() => fail(new Error(`${what}: not within 10 s; got ${stream.text.slice(-300)}`)), 10000);
    const look = () => {
      if (holds(stream.text)) {
        clearTimeout(deadline);
        done(stream.text);
      }
    };
    socket.on('data', look);
    socket.on('close', look);
    look();
  });
  socket.on('data', (data) => { stream.text += data; });
  socket.on('close', () => { stream.closed = true; });
  socket.on('error', () => {});
  return stream;
}

async function waitFor(read, holds, what) {
  for (const deadline = Date.now() + 20000; ;) {
    const found = await read();
    if (holds(found)) {
      return found;
    }
    assert.ok(Date.now() < deadline, `${what}: not within 20 s, last ${found}`);
    await new Promise((done) => { setTimeout(done, 50); });
  }
}

// A window of another source in which every zone's count is another one each time.
const WIDE_S = FIRST_DAY_S + 3 * 24 * HOUR_S;
function wide(turn) {
  const zones = Array.from({length: 260}, (_, i) => [i + 1, turn + i]);
  return {window_s: 900, lateness_s: 7200, windows: [{partition: 0, source: 1202401, start: WIDE_S, revision: turn, final: false, matched: 0,
    orphan_ends: 0, expired_starts: 0, duplicates: 0, passengers: 0, distance_cmi: 0, fare_cents: 0, tip_cents: 0, total_cents: 0, ride_s: 0,
    ride_bins: [], starts: zones, ends: zones, routes: []}], partitions: [{partition: 0, source: 1202401, position: turn, late: 0, refused: 0,
    watermark_s: WIDE_S, max_event_s: WIDE_S + turn}]};
}

const picture = ({figures, hours, zones, routes, ride_bins: bins, rhythm}) => ({figures, hours, zones, routes, bins, rhythm});

test('killed again and again while windows come in: nothing that was answered is lost', async (t) => {
  const program = await started(t);
  const replay = new Replay(trips, SOURCE);
  const store = (await program.get('/status')).store_id;
  for (let hour = 1; hour <= 48; hour += 1) {
    const message = replay.messageUntil(FIRST_DAY_S + hour * HOUR_S);
    if (hour % 6 === 0) { // killed while the message is under way: sent again until it is answered
      const sent = post(program.base, message).catch(() => null);
      await program.end('SIGKILL');
      await sent;
      await program.start();
    }
    const reply = await post(program.base, message);
    assert.equal(reply.store_id, store);
  }
  const status = await program.get('/status');
  assert.equal(status.ledger.window_events, replay.played);
  assert.equal(status.ledger.superseded_events, 0);
  const before = picture(await program.get('/api/summary?hours=week&span=all'));
  await program.end('SIGKILL');
  await program.start();
  assert.deepEqual(picture(await program.get('/api/summary?hours=week&span=all')), before);
});

test('dump: the same bytes for the same trips, in whatever pieces they came', async (t) => {
  const dumps = [];
  for (const step of [1, 7]) {
    const program = await started(t);
    const replay = new Replay(trips, SOURCE);
    for (let hour = step; hour < 60; hour += step) {
      await post(program.base, replay.messageUntil(FIRST_DAY_S + hour * HOUR_S));
    }
    await post(program.base, replay.messageUntil(FIRST_DAY_S + 90 * HOUR_S, true));
    dumps.push(await (await fetch(`${program.base}/api/windows/dump`)).text());
  }
  assert.equal(dumps[0], dumps[1]);
  const lines = dumps[0].trim().split('\n').map((line) => JSON.parse(line));
  assert.equal(lines.reduce((sum, w) => sum + w.matched, 0), trips.length);
  assert.equal(lines.reduce((sum, w) => sum + w.starts.reduce((n, [, k]) => n + k, 0), 0), trips.length);
  assert.deepEqual(lines.map((w) => w.start), lines.map((w) => w.start).sort((a, b) => a - b));
});

test('stream: pushed when windows change, ended when the dashboard stops', async (t) => {
  const program = await started(t);
  const replay = new Replay(trips, SOURCE);
  const stream = openStream(program);
  await stream.until((text) => text.includes('event: summary'), 'the first summary');
  assert.match(stream.text, /content-type: text\/event-stream/i);
  assert.match(stream.text, /cache-control: no-cache, no-transform\r\n/i);
  assert.match(stream.text, /x-accel-buffering: no\r\n/i);
  await post(program.base, replay.messageUntil(FIRST_DAY_S + 10 * HOUR_S));
  await stream.until((text) => /"have_data":true/.test(text), 'the summary with data');
  const id = /^id: (\S+)$/m.exec(stream.text.slice(stream.text.lastIndexOf('\nid: ')))[1];
  const known = openStream(program, `Last-Event-ID: ${id}\r\n`);
  await known.until((text) => text.includes('\r\n\r\n'), 'the head');
  await post(program.base, replay.messageUntil(FIRST_DAY_S + 11 * HOUR_S));
  await known.until((text) => text.includes('event: delta'), 'the news, as a delta to what the client had');
  assert.ok(!known.text.includes(`id: ${id}\n`), 'what the client had was sent again');
  const how = await program.end('SIGTERM');
  assert.deepEqual(how, {code: 0, signal: null});
  await stream.until(() => stream.closed, 'the end of the stream');
  assert.match(program.log, /windows_stored \d+ windows/);
});

test('stream: clients that do not read are dropped, and touch neither the others nor memory', async (t) => {
  const program = await started(t);
  const replay = new Replay(trips, SOURCE);
  await post(program.base, replay.messageUntil(FIRST_DAY_S + 20 * HOUR_S));
  const deaf = Array.from({length: 50}, () => openStream(program));
  await Promise.all(deaf.map((s) => s.until((text) => text.includes('event: summary'), 'the first summary')));
  deaf.forEach(({socket}) => socket.pause());
  const quick = openStream(program);
  const {rss_bytes: before} = await program.get('/status');
  // Much that is new each time, so that the system's buffers are soon full; dropped 10 s after that.
  let counters;
  const deadline = Date.now() + 60000;
  for (let minute = 1; counters?.stream_dropped !== deaf.length; minute += 1) {
    assert.ok(Date.now() < deadline, `only ${counters?.stream_dropped} of ${deaf.length} were dropped in a minute`);
    await post(program.base, wide(minute));
    await quick.until((text) => text.includes(`"clock_s":${WIDE_S + minute},`), `the summary after message ${minute}`);
    ({counters} = await program.get('/status'));
  }
  const {rss_bytes: after} = await program.get('/status');
  assert.ok(after - before < 16 * 2 ** 20, `memory grew by ${after - before}`);
  const left = await waitFor(async () => (await program.get('/status')).counters.stream_clients, (n) => n === 1, 'the dropped to be gone');
  assert.equal(left, 1);
  deaf.forEach(({socket}) => socket.destroy());
  quick.socket.destroy();
});

test('bad requests: a clear status each, and the dashboard goes on', async (t) => {
  const program = await started(t);
  const json = {'Content-Type': 'application/json'};
  const send = (where, options) => fetch(program.base + where, options);
  const cases = [
    [400, '/api/summary?zone=999', {}],
    [400, '/api/windows?limit=x', {}],
    [404, '/api/nothing', {}],
    [404, '/js/%2e%2e%2findex.html', {}],
    [404, '/js/nothing.js', {}],
    [405, '/api/windows', {method: 'PUT', headers: json, body: '{}'}],
    [405, '/api/summary', {method: 'POST', headers: json, body: '{}'}],
    [415, '/api/windows', {method: 'POST', headers: {'Content-Type': 'text/plain'}, body: '{}'}],
    [422, '/api/windows', {method: 'POST', headers: json, body: 'no json'}],
    [422, '/api/windows', {method: 'POST', headers: json, body: '{"window_s":900}'}],
    [413, '/api/windows', {method: 'POST', headers: json, body: 'x'.repeat(10 * 2 ** 20)}],
    [413, '/api/windows', {method: 'POST', headers: {...json, 'Content-Encoding': 'gzip'}, body: gzipSync(Buffer.alloc(100 * 2 ** 20))}],
  ];
  for (const [status, where, options] of cases) {
    const reply = await send(where, options);
    assert.equal(reply.status, status, `${options.method ?? 'GET'} ${where}`);
    assert.ok((await reply.json()).error.length > 5);
  }
  const replay = new Replay(trips, SOURCE);
  await post(program.base, replay.messageUntil(FIRST_DAY_S + HOUR_S));
  assert.equal((await program.get('/status')).ledger.window_events, replay.played);
  assert.equal((await send('/healthz')).status, 200);
  assert.equal((await send('/readyz')).status, 200);
  assert.match(await (await send('/metrics')).text(), /^tlc_dashboard_windows_stored_total \d+$/m);
});

// How POST /api/windows is answered: [status, body].
async function answer(program, message) {
  const reply = await fetch(`${program.base}/api/windows`, {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(message)});
  return [reply.status, await reply.json()];
}

test('windows that are refused: named, accounted for, asked for again at the next start', async (t) => {
  const program = await started(t);
  const good = new Replay(trips, SOURCE).messageUntil(FIRST_DAY_S + HOUR_S);
  const bad = {...good.windows[0], start: good.windows[0].start + 1, revision: 99};
  const [status, reply] = await answer(program, {...good, windows: [bad, ...good.windows]});
  assert.equal(status, 200);
  assert.equal(reply.accepted, good.windows.length);
  assert.deepEqual(reply.refused.map(({partition, source, start, revision}) => [partition, source, start, revision]),
    [[bad.partition, SOURCE, bad.start, 99]]);
  const events = (w) => [...w.starts, ...w.ends].reduce((sum, [, n]) => sum + n, 0);
  const before = await program.get('/status');
  assert.equal(before.ledger.refused_windows, 1);
  assert.equal(before.ledger.window_events, [bad, ...good.windows].reduce((sum, w) => sum + events(w), 0));
  assert.deepEqual(before.refused.map(({source, start}) => [source, start]), [[SOURCE, bad.start]]);
  assert.match(before.refused[0].text, /no multiple of window_s/);
  await program.end('SIGKILL');
  await program.start();
  const after = await program.get('/status');
  assert.notEqual(after.store_id, before.store_id);
  assert.equal(after.ledger.refused_windows, 0);
  assert.match(program.log, /refused_windows_asked_again n=1/);
});

test('more windows than --windows: 507 says what is full and what ends it, the others are taken', async (t) => {
  const program = await started(t, ['--windows', '2']);
  const replay = new Replay(trips, SOURCE);
  const message = replay.messageUntil(FIRST_DAY_S + HOUR_S); // four windows, in four partitions each
  const [status, reply] = await answer(program, message);
  assert.equal(status, 507);
  assert.match(reply.error, /holds 2 windows, as many as --windows lets it; start it with a larger --windows/);
  assert.equal(reply.accepted + reply.refused.length, message.windows.length);
  assert.equal((await program.get('/status')).ledger.windows, 2);
  assert.equal((await program.get('/status')).ledger.window_events, replay.played);
  // What is held goes on.
  const again = message.windows.map((w) => ({...w, revision: w.revision + 1}));
  const [, second] = await answer(program, {...message, windows: again});
  assert.equal(second.accepted, reply.accepted);
  assert.equal(second.refused_windows, reply.refused.length);
  // Started with room, it asks for everything again, and takes it.
  await program.end();
  program.options = [];
  await program.start();
  const third = await post(program.base, {...message, windows: again});
  assert.notEqual(third.store_id, reply.store_id);
  assert.equal(third.accepted, reply.refused.length);
  assert.equal((await program.get('/status')).ledger.window_events, replay.played);
});

test('the file deleted while in use: soon not ready, 503, then begun anew', async (t) => {
  const program = await started(t);
  const message = new Replay(trips, SOURCE).messageUntil(FIRST_DAY_S + 5 * HOUR_S);
  const first = await post(program.base, message);
  const ready = async () => (await fetch(`${program.base}/readyz`)).status;
  assert.equal(await ready(), 200);
  for (const tail of ['', '-wal', '-shm']) {
    rmSync(program.db + tail);
  }
  const deletedMs = Date.now();
  await waitFor(ready, (status) => status === 503, 'not ready');
  assert.ok(Date.now() - deletedMs < 2000, `noticed after ${Date.now() - deletedMs} ms`); // a second, and what a busy machine adds
  assert.match(await (await fetch(`${program.base}/readyz`)).text(), /deleted or replaced while in use/);
  const [status, reply] = await answer(program, message);
  assert.equal(status, 503);
  assert.match(reply.error, /deleted or replaced while in use; begun anew/);
  assert.equal(await ready(), 503); // nothing has come again yet
  const second = await post(program.base, message);
  assert.notEqual(second.store_id, first.store_id);
  assert.equal(second.accepted, message.windows.length);
  assert.equal(await ready(), 200);
  const {ledger} = await program.get('/status');
  await program.end('SIGKILL');
  await program.start();
  assert.deepEqual((await program.get('/status')).ledger, ledger);
  assert.match(program.log, /windows_loaded/);
});

test('token: wanted for windows, not for pages', async (t) => {
  const program = new Program(binary);
  t.after(() => program.release());
  const file = path.join(program.folder, 'tokens');
  writeFileSync(file, 'a-token-of-some-length-0123456789\n', {mode: 0o600});
  program.options = ['--token-file', file];
  await program.start();
  const message = new Replay(trips, SOURCE).messageUntil(FIRST_DAY_S + HOUR_S);
  await assert.rejects(post(program.base, message), /401/);
  await assert.rejects(post(program.base, message, {Authorization: 'Bearer wrong'}), /401/);
  assert.equal((await post(program.base, message, {Authorization: 'Bearer a-token-of-some-length-0123456789'})).accepted, message.windows.length);
  assert.equal((await fetch(`${program.base}/`)).status, 200);
});

test('start: what is wrong is named, with its exit code', async (t) => {
  const program = await started(t);
  const run = (...options) => spawnSync(binary, options, {encoding: 'utf8', timeout: 20000});
  for (const [code, words, options] of [
    [69, /in use/, ['--listen', `127.0.0.1:${program.port}`, '--db', path.join(program.folder, 'other.sqlite')]],
    [73, /another dashboard/, ['--listen', '127.0.0.1:0', '--db', program.db]],
    [73, /folder that can be written/, ['--listen', '127.0.0.1:0', '--db', '/nowhere/at/all.sqlite']],
    [66, /--static/, ['--listen', '127.0.0.1:0', '--db', path.join(program.folder, 'a.sqlite'), '--static', program.folder]],
    [66, /--vendor/, ['--listen', '127.0.0.1:0', '--db', path.join(program.folder, 'b.sqlite'), '--vendor', program.folder]],
    [78, /--token-file/, ['--listen', '0.0.0.0:0', '--db', path.join(program.folder, 'c.sqlite')]],
    [64, /--poll/, ['--poll', '1h']],
  ]) {
    const {status, stderr} = run(...options);
    assert.equal(status, code, stderr);
    assert.match(stderr, words);
  }
});
