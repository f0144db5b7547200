// The page's own arithmetic and its feed, without a browser: node --test tests/e2e/page/units.test.mjs

import assert from 'node:assert/strict';
import test, {mock} from 'node:test';

import {csvText, fileName} from '../../../dashboard/static/js/csv.js';
import {changed} from '../../../dashboard/static/js/delta.js';
import {mix} from '../../../dashboard/static/js/dom.js';
import {Feed} from '../../../dashboard/static/js/feed.js';
import {clock, dayAndHour, dayAndMinute, dollars, duration, mebibytes, minutes, sourceName} from '../../../dashboard/static/js/format.js';
import {netScale, quantiles, stepColour, stepLegend, stepsTo} from '../../../dashboard/static/js/scale.js';

const COLOURS = {'seq-0': '#000000', 'seq-1': '#111111', 'seq-2': '#222222', 'seq-3': '#333333', 'seq-4': '#444444',
  'seq-5': '#555555', start: '#00ffff', end: '#ff8800'};

test('format: times are New York times on both sides of the clock change', () => {
  for (const [seconds, text] of [[1705102920, 'Fri 12 Jan 2024, 18:42'], [1710053940, 'Sun 10 Mar 2024, 01:59'],
    [1710054000, 'Sun 10 Mar 2024, 03:00'], [1730611800, 'Sun 3 Nov 2024, 01:30'], [1730615400, 'Sun 3 Nov 2024, 01:30']]) {
    assert.equal(clock(seconds), text);
  }
  assert.equal(dayAndHour(1704085200), 'Mon 1 Jan 00:00');
  assert.equal(dayAndMinute(1705102920), 'Fri 12 Jan 18:42');
});

test('csv: numbers without separators, text quoted where it must be', () => {
  assert.equal(csvText(['Zone', 'Trips'], [['East Harlem, "North"', '1,234'], ['a\nb', '-12.5'], ['12,34', 7]]),
    'Zone,Trips\r\n"East Harlem, ""North""",1234\r\n"a\nb",-12.5\r\n"12,34",7\r\n');
  assert.equal(fileName('Trips by hour'), 'trips-by-hour.csv');
  assert.equal(fileName('Pickups by zone (net!)'), 'pickups-by-zone-net.csv');
});

test('format: money, minutes and sources', () => {
  assert.equal(dollars(2188049), '$21,880');
  assert.equal(dollars(-150), '-$2');
  assert.equal(minutes(684), '11.4 min');
  assert.equal(minutes(3600), '60+ min');
  assert.equal(duration(59), '59 s');
  assert.equal(duration(7384), '2 h 3 min');
  assert.equal(mebibytes(22 * 2 ** 20), '22 MiB');
  assert.equal(sourceName('green 2024-01'), 'green, January 2024');
  assert.equal(sourceName('live 7'), 'live 7');
});

test('scale: steps rise, start at one, and never pass the largest value', () => {
  for (let top = 1; top < 100000; top = Math.ceil(top * 1.37)) {
    const steps = stepsTo(top);
    assert.equal(steps[0], 1);
    assert.ok(steps.every((lower, i) => lower <= top && (i === 0 || lower > steps[i - 1])), `${top}: ${steps}`);
    assert.equal(stepLegend(COLOURS, steps).length, steps.length + 1);
  }
  assert.deepEqual(stepsTo(130), [1, 5, 15, 40, 80]);
});

test('scale: a value gets the colour that the legend gives its step', () => {
  const steps = stepsTo(130);
  assert.deepEqual([0, 1, 4, 5, 39, 40, 80, 900].map((v) => stepColour(COLOURS, steps, v)),
    ['#000000', '#111111', '#111111', '#222222', '#333333', '#444444', '#555555', '#555555']);
  assert.equal(stepLegend(COLOURS, steps)[1][1], '1–4');
  assert.equal(stepLegend(COLOURS, steps)[5][1], '80 and more');
});

test('scale: quantiles cut values into parts of about equal number', () => {
  const cuts = quantiles(Array.from({length: 100}, (_, i) => i + 1));
  assert.deepEqual(cuts, [0, 21, 41, 61, 81]);
  assert.deepEqual(quantiles([]), []);
  assert.deepEqual(quantiles([0, 0, 3]), [0, 3]);
});

test('scale: net flow takes the start colour for more pickups and the end colour for more drop-offs', () => {
  const {colour, legend} = netScale(COLOURS, 100);
  assert.equal(colour(100), COLOURS.start);
  assert.equal(colour(-100), COLOURS.end);
  assert.equal(colour(0), COLOURS['seq-0']);
  assert.equal(colour(1), mix(COLOURS['seq-0'], COLOURS.start, 0.28));
  assert.deepEqual(legend.map(([, text]) => text), ['30 and more drop-offs over pickups', '8–29', '1–7', 'even', '1–7', '8–29',
    '30 and more pickups over drop-offs']);
  for (const top of [0, 1, 2, 3, 7, 30]) { // few counts: fewer steps, and none without a colour
    const scale = netScale(COLOURS, top);
    for (let v = -top; v <= top; v += 1) {
      assert.ok(scale.legend.some(([c]) => c === scale.colour(v)), `${v} of ${top}`);
    }
  }
});

class FakeStream extends EventTarget {
  static made = [];
  constructor(url) {
    super();
    Object.assign(this, {url, closed: false});
    FakeStream.made.push(this);
  }
  close() { this.closed = true; }
  send(summary, name = 'summary') { this.dispatchEvent(Object.assign(new Event(name), {data: JSON.stringify(summary)})); }
}

async function opened(first) {
  FakeStream.made = [];
  const seen = {revisions: [], states: [], reply: () => ({ok: true, json: async () => first})};
  globalThis.EventSource = FakeStream;
  globalThis.fetch = async () => seen.reply();
  seen.feed = new Feed((s) => seen.revisions.push(s.revision), (s) => seen.states.push(s.retryInS ? `${s.state} ${s.retryInS}` : s.state));
  seen.feed.open('zone=74');
  await settled();
  return seen;
}

const settled = async () => { for (let i = 0; i < 10; i += 1) { await null; } };

test('feed: older revisions of a connection are left out, another store is taken', async () => {
  const seen = await opened({revision: 5, store_id: 'a'});
  const [stream] = FakeStream.made;
  assert.equal(stream.url, 'api/stream?zone=74');
  for (const summary of [{revision: 4, store_id: 'a'}, {revision: 6, store_id: 'a'}, {revision: 1, store_id: 'b'}]) {
    stream.send(summary);
  }
  assert.deepEqual(seen.revisions, [5, 6, 1]);
  seen.feed.stop();
});

test('delta: members replaced, objects and arrays changed in part, nothing before it touched', () => {
  const before = {a: 1, b: [1, 2, 3], c: {x: 1, y: [5]}, d: [[1, 2]]};
  const kept = structuredClone(before);
  assert.deepEqual(changed(before, {a: 2, '~b': [4, 3, 9], '~c': {'~y': [2, 1, 6]}, '~d': [0]}),
    {a: 2, b: [1, 2, 3, 9], c: {x: 1, y: [5, 6]}, d: []});
  assert.deepEqual(changed(before, {}), before);
  assert.deepEqual(before, kept);
});

test('feed: a delta changes what it names and leaves the rest', async () => {
  const seen = await opened({revision: 5, store_id: 'a', label: 'x', hours: [1]});
  FakeStream.made[0].send({revision: 5, store_id: 'a', label: 'x', hours: [1]});
  FakeStream.made[0].send({revision: 6, '~hours': [2, 1, 2]}, 'delta');
  assert.deepEqual(seen.feed.last, {revision: 6, store_id: 'a', label: 'x', hours: [1, 2]});
  assert.deepEqual(seen.revisions, [5, 5, 6]);
  seen.feed.stop();
});

test('feed: a lost stream counts down, comes back, and waits longer while it fails', async (t) => {
  mock.timers.enable({apis: ['setTimeout']});
  t.after(() => mock.timers.reset());
  const seen = await opened({revision: 5, store_id: 'a'});
  seen.reply = () => { throw new Error('away'); };
  FakeStream.made[0].dispatchEvent(new Event('error'));
  assert.ok(FakeStream.made[0].closed);
  mock.timers.tick(1000);
  await settled();
  assert.deepEqual(seen.states, ['catching', 'lost 1', 'catching', 'lost 2']);
  mock.timers.tick(1000);
  seen.reply = () => ({ok: true, json: async () => ({revision: 5, store_id: 'a'})});
  mock.timers.tick(1000);
  await settled();
  FakeStream.made[1].dispatchEvent(new Event('open'));
  assert.deepEqual(seen.states.slice(4), ['lost 1', 'catching', 'live']);
  assert.deepEqual(seen.revisions, [5, 5]);
  seen.feed.stop();
});

test('feed: a view that the server refuses is said and not asked for again', async (t) => {
  mock.timers.enable({apis: ['setTimeout']});
  t.after(() => mock.timers.reset());
  const seen = await opened({revision: 5, store_id: 'a'});
  let asked = 0;
  seen.reply = () => { asked += 1; return {ok: false, status: 400, json: async () => ({error: 'zone is none'})}; };
  seen.feed.open('zone=999');
  await settled();
  mock.timers.tick(60000);
  await settled();
  assert.equal(asked, 1);
  assert.match(seen.states.at(-1), /^refused/);
  seen.feed.stop();
});

test('feed: a changed filter drops what the older one still sends', async () => {
  const seen = await opened({revision: 5, store_id: 'a'});
  seen.feed.open('zone=75');
  await settled();
  FakeStream.made[0].send({revision: 9, store_id: 'a'});
  assert.ok(FakeStream.made[0].closed);
  assert.deepEqual(seen.revisions, [5, 5]);
  seen.feed.stop();
});
