// The dirt that TLC's files are known for, in known amounts: which rows are odd, in what way, and what preprocess will say of them.
//
// Rates are of whole months (counted: green 2020-04 and 2024-01, samples of yellow and the others of 2018 to 2025). A row is odd in one
// way at most, so the counts add up. A kind changes a drawn trip; `rejected` and `flagged` name preprocess' rules and how often each
// counts it (unknown_zone counts trip ends).

import {OUTSIDE, UNKNOWN} from './city.mjs';

const HOUR_S = 3600, DAY_S = 86400;
const within = (random, from, to) => from + Math.floor(random() / 2 ** 32 * (to - from));

// The clock changes at night; a row whose point is its odd time keeps clear of the doubled and the skipped hour.
const awayFromChange = (trip, calendar) => Math.abs(trip.start - calendar.changeAt) < 6 * HOUR_S ? 8 * HOUR_S : 0;

const KINDS = [
  {name: 'no_passengers', flagged: {no_passengers: 1}, apply: (trip) => { trip.offline = true; }},
  {name: 'zero_passengers', flagged: {zero_passengers: 1}, apply: (trip) => { trip.passengers = 0; }},
  {name: 'zero_distance', flagged: {zero_distance: 1}, apply: (trip) => { trip.cmi = 0; }},
  {name: 'voided', flagged: {negative_fare: 1, negative_total: 1}, apply: (trip) => { trip.voided = true; }},
  {name: 'credited', flagged: {negative_fare: 1}, apply: (trip) => { trip.voided = true; }}, // fhvhv: no total in its files
  {name: 'zones_unknown', flagged: {unknown_zone: 2}, apply: (trip) => { trip.from = trip.to = UNKNOWN; }},
  {name: 'zone_outside', flagged: {unknown_zone: 1}, apply: (trip) => { trip.to = OUTSIDE; }},
  {name: 'no_pickup_zone', flagged: {unknown_zone: 1}, apply: (trip) => { trip.from = 0; }},
  {name: 'no_dropoff_zone', flagged: {unknown_zone: 1}, apply: (trip) => { trip.to = 0; }},
  {name: 'long', flagged: {long: 1}, apply: (trip, random) => { trip.seconds = within(random, 7.5 * HOUR_S, 22.5 * HOUR_S); }},
  {name: 'same_second', flagged: {same_time: 1}, apply: (trip) => { trip.seconds = 0; }},
  {name: 'far', flagged: {far: 1}, apply: (trip, random) => { trip.cmi = within(random, 10100, 20000000); }},
  {name: 'high_fare', flagged: {high_fare: 1, high_total: 1}, apply: (trip, random) => { trip.addCents = within(random, 50100, 300000); }},
  // A few hours before or after the month: true trips of its neighbours, which preprocess keeps.
  {name: 'near_month', apply(trip, random, calendar) {
    const aside = within(random, 60, 20 * HOUR_S);
    trip.start = random() < 2 ** 31 ? -aside : calendar.realEnd + aside;
  }},
  {name: 'wrong_year', rejected: 'outside_month', apply(trip, random, calendar) {
    trip.start = (Date.UTC(2008, 11, 31) / 1000 - calendar.firstDay * DAY_S) + within(random, 20 * HOUR_S, 28 * HOUR_S);
  }},
  {name: 'clock_backwards', rejected: 'end_before_start', apply(trip, random, calendar) {
    trip.seconds = -within(random, 20, 900) - awayFromChange(trip, calendar);
  }},
  {name: 'over_a_day', rejected: 'too_long', flagged: {long: 1}, apply: (trip, random) => { trip.seconds = within(random, 25.5 * HOUR_S, 40 * HOUR_S); }},
];

const RATES = { // of a million rows
  yellow: {no_passengers: 45000, zero_passengers: 11000, zero_distance: 11000, voided: 4500, zones_unknown: 6000, zone_outside: 5000,
    long: 1500, same_second: 700, far: 60, high_fare: 40, near_month: 60, wrong_year: 3, clock_backwards: 40, over_a_day: 10},
  green: {no_passengers: 60000, zero_passengers: 9000, zero_distance: 50000, voided: 3300, zones_unknown: 4000, zone_outside: 5000,
    long: 3500, same_second: 1300, far: 800, high_fare: 20, near_month: 40, wrong_year: 35, clock_backwards: 340, over_a_day: 30},
  fhv: {no_pickup_zone: 250000, no_dropoff_zone: 50000, zones_unknown: 150000, zone_outside: 40000,
    long: 1500, same_second: 300, near_month: 20, wrong_year: 5, clock_backwards: 200, over_a_day: 100},
  fhvhv: {zero_distance: 600, credited: 500, zone_outside: 12000,
    long: 60, same_second: 20, near_month: 10, wrong_year: 1, clock_backwards: 10, over_a_day: 3},
};
const SMALL = 1000; // a smaller file need not have one of each

export class Dirt {
  // With some rows every kind occurs at least once, so that a test can rely on it.
  constructor(dataset, rowsN, wanted) {
    const rates = wanted ? RATES[dataset] : {};
    this.kinds = KINDS.filter(({name}) => rates[name]).map((kind) => {
      const n = Math.round(rates[kind.name] / 1e6 * rowsN);
      return {...kind, n: rowsN >= SMALL ? Math.max(1, n) : n};
    });
    this.left = this.kinds.map(({n}) => n);
    this.leftN = this.left.reduce((a, b) => a + b, 0);
    this.rowsLeft = rowsN;
  }

  // To be asked for each row once: makes exactly the wanted number of rows odd (selection sampling, Knuth 3.4.2 S).
  touch(trip, random, calendar) {
    if (random() / 2 ** 32 * this.rowsLeft-- >= this.leftN) {
      return;
    }
    let which = random() / 2 ** 32 * this.leftN, k = 0;
    while (which >= this.left[k]) {
      which -= this.left[k++];
    }
    this.left[k]--;
    this.leftN--;
    this.kinds[k].apply(trip, random, calendar);
  }

  // In the words of preprocess' manifest, to be compared with it.
  facts(rowsN) {
    const rejected = {}, flagged = {}, flaggedRejected = {}, dirt = {};
    for (const {name, n, rejected: rule, flagged: flags} of this.kinds.filter((kind) => kind.n > 0)) {
      dirt[name] = n;
      if (rule) {
        rejected[rule] = (rejected[rule] ?? 0) + n;
      }
      const counts = rule ? flaggedRejected : flagged;
      for (const [flag, times] of Object.entries(flags ?? {})) {
        counts[flag] = (counts[flag] ?? 0) + n * times;
      }
    }
    const rejectedN = Object.values(rejected).reduce((a, b) => a + b, 0);
    return {rows_read: rowsN, rows_rejected: rejectedN, trips: rowsN - rejectedN, events: 2 * (rowsN - rejectedN), rejected, flagged,
      flagged_rejected: flaggedRejected, dirt};
  }
}
