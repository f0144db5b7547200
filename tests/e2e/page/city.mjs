// A believable city for tests of the pages: seeded trips, the windows that consumer-process would post for them, and what the
// page should then show, computed from the trips themselves.

import {readFileSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

const REPOSITORY = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const WINDOW_S = 900;
const LATENESS_S = 7200;
const PARTITIONS = 4;
const HOUR_S = 3600;
const DAY_S = 86400;
const NO_EVENT_S = -(2 ** 53);

// Relative number of pickups by hour of the day, on workdays and at weekends.
const WORKDAY = [14, 8, 5, 4, 5, 11, 28, 52, 66, 62, 55, 53, 56, 60, 68, 77, 84, 92, 95, 82, 64, 52, 40, 25];
const WEEKEND = [44, 38, 30, 22, 14, 9, 12, 18, 28, 40, 52, 60, 64, 66, 66, 66, 67, 68, 68, 64, 58, 55, 54, 50];
const BUSY_ZONES = new Map([[74, 30], [75, 27], [41, 20], [166, 17], [95, 15], [82, 13], [42, 12], [97, 11], [7, 10], [244, 9],
  [236, 12], [238, 10], [43, 8], [129, 8], [130, 7], [132, 6], [138, 8], [181, 7], [25, 6], [65, 6]]);
const BOROUGH_WEIGHT = {Manhattan: 1.6, Brooklyn: 0.8, Queens: 0.7, Bronx: 0.5, 'Staten Island': 0.01};

// mulberry32: small, seeded, good enough for pictures.
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const newYork = new Intl.DateTimeFormat('en-GB', {timeZone: 'America/New_York', year: 'numeric', month: 'numeric', day: 'numeric',
  hour: 'numeric', minute: 'numeric', second: 'numeric', hourCycle: 'h23'});

// New York's wall clock as if it were UTC; the offset is asked once an hour of time.
const offsets = new Map();
export function wallS(seconds) {
  const hour = Math.floor(seconds / HOUR_S);
  if (!offsets.has(hour)) {
    const p = Object.fromEntries(newYork.formatToParts(new Date(hour * HOUR_S * 1000)).map(({type, value}) => [type, Number(value)]));
    offsets.set(hour, Date.UTC(p.year, p.month - 1, p.day, p.hour, p.minute, p.second) / 1000 - hour * HOUR_S);
  }
  return seconds + offsets.get(hour);
}
export const dayStart = (seconds) => {
  let at = seconds - (wallS(seconds) % DAY_S);
  while (wallS(at) % DAY_S !== 0) { // a clock change lies between
    at += wallS(at) % DAY_S > DAY_S / 2 ? HOUR_S : -HOUR_S;
  }
  return at;
};

function loadZones() {
  const lines = readFileSync(path.join(REPOSITORY, 'data/zones.csv'), 'utf8').trim().split('\n').slice(1);
  return lines.map((line) => {
    const [, id, borough, lon, lat] = /^(\d+),([^,]*),.*?(-?[\d.]+)?,(-?[\d.]+)?$/.exec(line);
    return {id: Number(id), borough, lon: Number(lon ?? 0), lat: Number(lat ?? 0)};
  }).filter((zone) => zone.lon !== 0);
}

function picker(zones, next) {
  let sum = 0;
  const rising = zones.map((zone) => {
    sum += (BUSY_ZONES.get(zone.id) ?? 1) * (BOROUGH_WEIGHT[zone.borough] ?? 0.05);
    return sum;
  });
  return () => {
    const at = next() * sum;
    return zones[rising.findIndex((v) => v >= at)];
  };
}

// Trips of `days` days from `fromS`, about `perDay` a day, in order of their rows (start times).
export function makeTrips({seed = 1, fromS, days, perDay}) {
  const next = random(seed);
  const pick = picker(loadZones(), next);
  const trips = [];
  for (let hour = fromS; hour < fromS + days * DAY_S; hour += HOUR_S) {
    const wall = wallS(hour);
    const weekday = (Math.floor(wall / DAY_S) + 3) % 7;
    const curve = weekday >= 5 ? WEEKEND : WORKDAY;
    const share = curve[Math.floor(wall % DAY_S / HOUR_S)] / curve.reduce((a, b) => a + b, 0);
    const n = Math.round(perDay * share * (0.85 + 0.3 * next()));
    for (const offset of Array.from({length: n}, () => Math.floor(next() * HOUR_S)).sort((a, b) => a - b)) {
      trips.push(makeTrip(trips.length + 1, hour + offset, pick, next));
    }
  }
  return trips;
}

function makeTrip(row, start, pick, next) {
  const from = pick();
  let to = pick();
  for (let tries = 0; tries < 4 && far(from, to) > 0.02 + 0.3 * next(); tries += 1) {
    to = pick();
  }
  const miles = Math.max(0.3, far(from, to) * 60 * (1.1 + 0.4 * next()));
  const ride = Math.round((150 + miles * 165) * (0.6 + 0.9 * next()) + (next() < 0.01 ? 3600 * next() : 0));
  const fare = Math.round(300 + miles * 280 + ride * 0.9);
  const tip = next() < 0.6 ? Math.round(fare * 0.2) : 0;
  return {row, start, end: start + ride, from: from.id, to: to.id, passengers: next() < 0.75 ? 1 : 2, miles: Math.round(miles * 100),
    fare, tip, total: fare + tip + 150};
}

const far = (a, b) => Math.hypot((a.lon - b.lon) * 0.76, a.lat - b.lat);

// Plays trips in order of event time and says what consumer-process would post. No event is late.
export class Replay {
  constructor(trips, source) {
    this.source = source;
    this.events = trips.flatMap((trip) => [{at: trip.start, trip}, {at: trip.end, trip, end: true}])
      .sort((a, b) => a.at - b.at || a.trip.row - b.trip.row);
    this.played = 0;
    this.partitions = Array.from({length: PARTITIONS}, () => ({position: 0, newest: NO_EVENT_S, windows: new Map(), dirty: new Set(), open: new Map()}));
  }

  // All events up to `untilS` are counted; the message holds what changed. Closed: the source was sent whole.
  messageUntil(untilS, closed = false) {
    while (this.played < this.events.length && this.events[this.played].at <= untilS) {
      this.count(this.events[this.played]);
      this.played += 1;
    }
    for (const p of this.partitions) {
      this.settle(p, closed);
    }
    const windows = this.partitions.flatMap((p, partition) => [...p.dirty].map((w) => this.text(w, partition)));
    this.partitions.forEach((p) => p.dirty.clear());
    return {window_s: WINDOW_S, lateness_s: LATENESS_S, windows, partitions: this.partitions.map((p, partition) => ({partition,
      source: this.source, position: p.position, late: 0, refused: 0, watermark_s: closed ? p.newest : p.newest - LATENESS_S,
      max_event_s: p.newest, longest: closed ? [] : this.longest([...p.open.values()])}))};
  }

  longest(trips) {
    return firstBegun(trips).map((t) => [this.source * 1e9 + t.row, t.start, t.from]);
  }

  window(p, at) {
    const start = at - at % WINDOW_S;
    if (!p.windows.has(start)) {
      p.windows.set(start, {start, revision: 0, final: false, starts: new Map(), ends: new Map(), routes: new Map(), bins: Array(61).fill(0),
        matched: 0, passengers: 0, distance_cmi: 0, fare_cents: 0, tip_cents: 0, total_cents: 0, ride_s: 0});
    }
    const w = p.windows.get(start);
    p.dirty.add(w);
    w.revision = p.position;
    return w;
  }

  count({at, trip, end}) {
    const p = this.partitions[trip.row % PARTITIONS];
    p.position += 1;
    p.newest = Math.max(p.newest, at);
    const w = this.window(p, at);
    if (!end) {
      p.open.set(trip.row, trip);
      add(w.starts, trip.from);
      w.passengers += trip.passengers;
      return;
    }
    p.open.delete(trip.row);
    const ride = trip.end - trip.start;
    add(w.ends, trip.to);
    w.matched += 1;
    w.distance_cmi += trip.miles;
    w.fare_cents += trip.fare;
    w.tip_cents += trip.tip;
    w.total_cents += trip.total;
    w.ride_s += ride;
    w.bins[Math.min(60, Math.floor(ride / 60))] += 1;
    const key = trip.from * 1000 + trip.to;
    const route = w.routes.get(key) ?? [trip.from, trip.to, 0, 0];
    w.routes.set(key, [trip.from, trip.to, route[2] + 1, route[3] + ride]);
  }

  settle(p, closed) {
    for (const w of p.windows.values()) {
      if (closed || w.start + WINDOW_S <= p.newest - LATENESS_S) {
        w.final = true;
        w.revision = Math.max(w.revision, 1);
        p.dirty.add(w);
        p.windows.delete(w.start);
      }
    }
  }

  text(w, partition) {
    const pairs = (map) => [...map].sort((a, b) => a[0] - b[0]);
    let bins = w.bins.length;
    while (bins > 0 && w.bins[bins - 1] === 0) {
      bins -= 1;
    }
    return {partition, source: this.source, start: w.start, revision: w.revision, final: w.final, matched: w.matched, orphan_ends: 0,
      expired_starts: 0, duplicates: 0, passengers: w.passengers, distance_cmi: w.distance_cmi, fare_cents: w.fare_cents,
      tip_cents: w.tip_cents, total_cents: w.total_cents, ride_s: w.ride_s, ride_bins: w.bins.slice(0, bins), starts: pairs(w.starts),
      ends: pairs(w.ends), routes: [...w.routes.values()].sort((a, b) => a[0] - b[0] || a[1] - b[1])};
  }
}

const firstBegun = (trips) => [...trips].sort((a, b) => a.start - b.start || a.row - b.row).slice(0, 10);

function add(map, key) {
  map.set(key, (map.get(key) ?? 0) + 1);
}

function top(entries, n = 10) {
  return [...entries].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, n);
}

// What numbers.mjs wants to know, for all events of these trips up to `untilS`, in the default view or with a zone.
export function expectPage(trips, untilS, zone = 0) {
  const starts = trips.filter((t) => t.start <= untilS);
  const ends = trips.filter((t) => t.end <= untilS);
  const clock = Math.max(...starts.map((t) => t.start), ...ends.map((t) => t.end));
  const today = dayStart(clock);
  const startsToday = starts.filter((t) => t.start >= today);
  const endsToday = ends.filter((t) => t.end >= today);
  const rides = endsToday.map((t) => t.end - t.start).sort((a, b) => a - b);
  const pickups = new Map();
  const dropoffs = new Map();
  const routes = new Map();
  startsToday.forEach((t) => add(pickups, t.from));
  endsToday.forEach((t) => {
    add(dropoffs, t.to);
    const key = t.from * 1000 + t.to;
    if (zone !== 0 && t.from !== zone && t.to !== zone) {
      return;
    }
    const [, , n, s] = routes.get(key) ?? [0, 0, 0, 0];
    routes.set(key, [t.from, t.to, n + 1, s + t.end - t.start]);
  });
  const hours = [];
  const underWay = [];
  for (let hour = today; hour <= clock; hour += HOUR_S) {
    const within = (at) => at >= hour && at < hour + HOUR_S;
    hours.push(zone === 0 ? [hour, ends.filter((t) => within(t.end)).length]
      : [hour, starts.filter((t) => t.from === zone && within(t.start)).length, ends.filter((t) => t.to === zone && within(t.end)).length]);
    underWay.push([hour, starts.filter((t) => t.start < hour + HOUR_S).length - ends.filter((t) => t.end < hour + HOUR_S).length]);
  }
  const bins = Array(13).fill(0);
  rides.forEach((ride) => { bins[Math.min(12, Math.floor(ride / 300))] += 1; });
  const zones = [...new Set([...pickups.keys(), ...dropoffs.keys()])].map((z) => [z, pickups.get(z) ?? 0, dropoffs.get(z) ?? 0]);
  return {
    figures: {started: startsToday.length, completed: endsToday.length, under_way: starts.length - ends.length, late: 0, clock_s: clock,
      median_ride_s: {value: rides[Math.floor(rides.length / 2)] ?? 0, within: 60}, revenue_cents: endsToday.reduce((sum, t) => sum + t.total, 0)},
    pickups: top(pickups), dropoffs: top(dropoffs), hours, under_way: underWay, ride_bins: bins, zones,
    routes: [...routes.values()].sort((a, b) => b[2] - a[2] || a[0] - b[0] || a[1] - b[1]).slice(0, 10),
    rhythm: rhythm(starts, clock),
    longest: firstBegun(starts.filter((t) => t.end > untilS)).map((t) => [t.start, t.from]),
  };
}

function rhythm(starts, clock) {
  const counts = new Map();
  for (let hour = dayStart(starts[0].start); hour <= clock; hour += HOUR_S) {
    const wall = wallS(hour);
    const key = `${(Math.floor(wall / DAY_S) + 3) % 7} ${Math.floor(wall % DAY_S / HOUR_S)}`;
    const [n, hours] = counts.get(key) ?? [0, 0];
    counts.set(key, [n + starts.filter((t) => t.start >= hour && t.start < hour + HOUR_S).length, hours + 1]);
  }
  return [...counts].map(([key, [n, hours]]) => [...key.split(' ').map(Number), n / hours]);
}

export async function post(base, message, headers = {}) {
  const reply = await fetch(`${base}/api/windows`, {method: 'POST', headers: {'Content-Type': 'application/json', ...headers},
    body: JSON.stringify(message)});
  const text = await reply.text();
  if (!reply.ok) {
    throw new Error(`POST /api/windows: ${reply.status} ${text}`);
  }
  return JSON.parse(text);
}
