// Steps of colour with numbers to them: one rule for the map and one for the rhythm chart.

import {mix} from './dom.js';
import {count} from './format.js';

const NICE = [1, 1.5, 2, 3, 4, 5, 6, 8, 10];
const SHARES = [0.04, 0.12, 0.3, 0.6];

function nice(x) {
  if (x <= 1) {
    return 1;
  }
  const power = 10 ** Math.floor(Math.log10(x));
  const step = NICE.reduce((a, b) => Math.abs(b - x / power) < Math.abs(a - x / power) ? b : a);
  return Math.max(1, Math.round(step * power));
}

const rising = (values) => [...new Set(values)].sort((a, b) => a - b);

// Lower ends of the steps above "none" for counts up to `top`; few counts give few steps.
export function stepsTo(top) {
  return rising([1, ...SHARES.map((share) => nice(top * share))]).filter((lower) => lower <= Math.max(top, 1));
}

// Lower ends that cut the values into parts of about equal number.
export function quantiles(values) {
  const sorted = values.filter((v) => v > 0).sort((a, b) => a - b);
  if (sorted.length === 0) {
    return [];
  }
  const cuts = [0.2, 0.4, 0.6, 0.8].map((q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]);
  const round = sorted[sorted.length - 1] < 20 ? (v) => Math.round(v * 10) / 10 : Math.round;
  return rising([0, ...cuts.map(round)]);
}

const RAMPS = {1: [4], 2: [2, 5], 3: [1, 3, 5], 4: [1, 2, 4, 5], 5: [1, 2, 3, 4, 5]};

// The colour of a value by its step; below the first one it is "none".
export function stepColour(c, steps, value) {
  let at = -1;
  while (at + 1 < steps.length && value >= steps[at + 1]) {
    at += 1;
  }
  return at < 0 || value === 0 ? c['seq-0'] : c[`seq-${RAMPS[steps.length][at]}`];
}

// [[colour, text]] for a legend of whole numbers.
export function stepLegend(c, steps) {
  return [[c['seq-0'], 'none'], ...steps.map((lower, i) => [stepColour(c, steps, lower), i + 1 === steps.length
    ? `${count(lower)} and more` : steps[i + 1] - 1 === lower ? count(lower) : `${count(lower)}–${count(steps[i + 1] - 1)}`])];
}

// Net flow: more pickups towards the start colour, more drop-offs towards the end colour, three steps on each side.
export function netScale(c, top) {
  const lowers = rising([1, nice(top * 0.08), nice(top * 0.35)]).filter((lower) => lower <= Math.max(top, 1));
  const shades = (hue) => lowers.map((_, i) => mix(c['seq-0'], hue, [[1], [0.45, 1], [0.28, 0.62, 1]][lowers.length - 1][i]));
  const [up, down] = [shades(c.start), shades(c.end)];
  const step = (v) => lowers.findLastIndex((lower) => v >= lower);
  const text = (i, more) => i + 1 === lowers.length ? `${count(lowers[i])} and more${more}`
    : lowers[i + 1] - 1 === lowers[i] ? count(lowers[i]) : `${count(lowers[i])}–${count(lowers[i + 1] - 1)}`;
  return {
    colour: (v) => v === 0 ? c['seq-0'] : v > 0 ? up[step(v)] : down[step(-v)],
    legend: [...lowers.map((_, i) => [down[i], text(i, ' drop-offs over pickups')]).reverse(), [c['seq-0'], 'even'],
      ...lowers.map((_, i) => [up[i], text(i, ' pickups over drop-offs')])],
  };
}
