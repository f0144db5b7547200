// Feeds a running dashboard with a believable city, to look at its pages without the rest of the pipeline.
//
//   node feed.mjs BASE_URL [--days 12] [--per-day 1900] [--seed 1] [--until-hour 18.7] [--live SPEED]
//
// Posts the windows of green 2024-01 from its first day up to that hour of the last of the days. With --live it then goes on at
// SPEED event seconds a second until it is ended.

import {Replay, makeTrips, post} from './city.mjs';

const FIRST_DAY_S = 1704085200; // 2024-01-01, New York
const DAY_S = 86400;
const STEP_MS = 250;

const [base, ...rest] = process.argv.slice(2);
if (!base) {
  console.error('usage: node feed.mjs BASE_URL [--days N] [--per-day N] [--seed N] [--until-hour H] [--live SPEED]');
  process.exit(64);
}
const options = {days: 12, 'per-day': 1900, seed: 1, 'until-hour': 18.7, live: 0};
for (let i = 0; i + 1 < rest.length; i += 2) {
  options[rest[i].replace(/^--/, '')] = Number(rest[i + 1]);
}

const trips = makeTrips({seed: options.seed, fromS: FIRST_DAY_S, days: options.days + (options.live ? 4 : 0), perDay: options['per-day']});
const replay = new Replay(trips, 2202401);
const until = FIRST_DAY_S + (options.days - 1) * DAY_S + options['until-hour'] * 3600;
for (let at = FIRST_DAY_S + DAY_S / 2; at < until; at += DAY_S / 2) {
  await post(base, replay.messageUntil(at));
}
console.log(JSON.stringify(await post(base, replay.messageUntil(until))));
for (let at = until; options.live > 0 && replay.played < replay.events.length;) {
  await new Promise((done) => { setTimeout(done, STEP_MS); });
  at += options.live * STEP_MS / 1000;
  await post(base, replay.messageUntil(at));
}
