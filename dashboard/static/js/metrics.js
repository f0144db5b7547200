// What a row of a series says: one entry a figure, for the chart, the table and the sums of a range.

import {brief, briefDollars, count, decimal, dollars, minutes} from './format.js';

const ratio = (a, b) => b > 0 ? a / b : null;
export const orDash = (show) => (value) => value === null || value === undefined ? '–' : show(value);
export const miles = (v) => `${decimal(v)} mi`;

export const METRICS = {
  starts: {title: 'Trips started', unit: 'trips', colour: 'start', of: (r) => r.starts, show: count},
  ends: {title: 'Trips ended', unit: 'trips', colour: 'end', of: (r) => r.ends, show: count},
  revenue: {title: 'Revenue', unit: 'dollars', colour: 'end', of: (r) => r.total_cents, show: dollars, scale: 100},
  ride: {title: 'Median ride', unit: 'minutes', colour: 'end', of: (r) => r.ride_p50_s, show: minutes, scale: 60},
  miles: {title: 'Miles a trip', unit: 'miles', colour: 'end', of: (r) => ratio(r.distance_cmi / 100, r.ends), show: miles},
};

// Columns of the table. key: as in the URL's sort.
export const COLUMNS = [
  {key: 'starts', head: 'Started', of: (r) => r.starts, show: count},
  {key: 'ends', head: 'Ended', of: (r) => r.ends, show: count},
  {key: 'matched', head: 'Completed', of: (r) => r.matched, show: count},
  {key: 'orphans', head: 'Ends without start', of: (r) => r.orphan_ends, show: count},
  {key: 'expired', head: 'Starts without end', of: (r) => r.expired_starts, show: count},
  {key: 'passengers', head: 'Passengers', of: (r) => r.passengers, show: count},
  {key: 'revenue', head: 'Revenue', of: (r) => r.total_cents, show: dollars},
  {key: 'miles', head: 'Miles a trip', of: METRICS.miles.of, show: decimal},
  {key: 'ride', head: 'Median ride', of: (r) => r.ride_p50_s, show: minutes},
  {key: 'ride90', head: '9 in 10 within', of: (r) => r.ride_p90_s, show: minutes},
];

// The sums of a range, with how many days had data.
export function total(rows) {
  const sum = {days: 0, starts: 0, ends: 0, matched: 0, total_cents: 0, distance_cmi: 0, ride_s: 0};
  for (const row of rows) {
    for (const name of Object.keys(sum)) {
      sum[name] += row[name];
    }
  }
  return sum;
}

// note: said under the figure when there is nothing to compare it with.
export const FIGURES = [
  {name: 'started', title: 'Trips started', of: (t) => t.starts, show: brief, exact: count, note: (t) => `on ${count(t.days)} days with data`},
  {name: 'completed', title: 'Completed', of: (t) => t.matched, show: brief, exact: count, note: (t) => t.starts > 0 ? `${decimal(t.matched / t.starts * 100)} % of started` : ''},
  {name: 'a_day', title: 'Started a day', of: (t) => ratio(t.starts, t.days), show: count, note: () => 'mean of days with data'},
  {name: 'revenue_cents', title: 'Revenue', of: (t) => t.total_cents, show: briefDollars, exact: dollars, note: (t) => t.ends > 0 ? `$${(t.total_cents / t.ends / 100).toFixed(2)} a trip` : ''},
  {name: 'mean_ride_s', title: 'Mean ride', of: (t) => ratio(t.ride_s, t.matched), show: minutes, note: () => 'of completed trips'},
  {name: 'miles', title: 'Miles a trip', of: (t) => ratio(t.distance_cmi / 100, t.ends), show: miles, note: () => 'of ended trips'},
];
