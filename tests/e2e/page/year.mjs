// A year of windows for tests of what the dashboard costs, and what comes after it.

import {post, random} from './city.mjs';

const QUARTER_S = 900;
const WINDOWS_A_POST = 600;

// One window of a source with about `zones` zones.
export function window(next, source, start, revision, final, most = 120) {
  const zones = [];
  for (let zone = 1; zone < 264 && zones.length < most; zone += 1 + Math.floor(next() * 3)) {
    zones.push([zone, 1 + Math.floor(next() * 40)]);
  }
  const routes = zones.slice(0, 100).map(([zone, n], i) => [zone, 1 + i, n, n * 800]);
  const matched = zones.reduce((sum, [, n]) => sum + n, 0);
  return {partition: 0, source, start, revision, final, matched, orphan_ends: 0, expired_starts: 0, duplicates: 0, passengers: matched,
    distance_cmi: matched * 250, fare_cents: matched * 1500, tip_cents: matched * 200, total_cents: matched * 1900, ride_s: matched * 800,
    ride_bins: [...Array(13).fill(0), matched], starts: zones, ends: zones, routes};
}

export function message(windows, source, position, newest) {
  return {window_s: QUARTER_S, lateness_s: 7200, windows, partitions: [{partition: 0, source, position, late: 0, refused: 0,
    watermark_s: newest - 7200, max_event_s: newest, longest: [[source * 1e9 + position % 1e9 + 1, newest - 1800, 74]]}]};
}

const startOf = (year, month) => Date.UTC(year, month - 1, 1, 5) / 1000;

// Twelve months of yellow, 2024. Returns how many windows there are.
export async function feedYear(base, zones) {
  const next = random(7);
  let posted = 0;
  for (let month = 1; month <= 12; month += 1) {
    const source = 1202400 + month;
    const [from, to] = [startOf(2024, month), startOf(2024, month + 1) - 3600];
    for (let at = from; at < to; at += WINDOWS_A_POST * QUARTER_S) {
      const windows = [];
      for (let start = at; start < Math.min(to, at + WINDOWS_A_POST * QUARTER_S); start += QUARTER_S) {
        windows.push(window(next, source, start, start, month < 12 || start < to - 8 * QUARTER_S, zones));
      }
      await post(base, message(windows, source, at, windows[windows.length - 1].start + 899));
      posted += windows.length;
    }
  }
  return posted;
}

// A replay at full speed that begins with 2025: each turn ends a quarter of an hour and begins the next.
export class Onward {
  constructor(base, zones) {
    Object.assign(this, {base, zones, turn: 0, month: 1, next: random(3)});
    this.at = startOf(2025, 1);
  }

  async step() {
    if (this.at >= startOf(2025, this.month + 1) - 3600) {
      this.month += 1;
      this.at = startOf(2025, this.month);
    }
    const source = 202500 + this.month + 1e6;
    const made = (start, final) => window(this.next, source, start, ++this.turn, final, this.zones);
    await post(this.base, message([made(this.at - QUARTER_S, true), made(this.at, false)].slice(this.at === startOf(2025, this.month) ? 1 : 0),
      source, this.turn, this.at + 899));
    this.at += QUARTER_S;
  }
}
