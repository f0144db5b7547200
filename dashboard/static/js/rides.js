// Ride time: thirteen five-minute bins of completed trips.

import {Chart, arrowKeys, axes, canvasIn, refresh, tooltipColours} from './charts.js';
import {colours, setText} from './dom.js';
import {count, minutes} from './format.js';
import {bindTable} from './tables.js';

const BIN_MIN = 5;
const LAST = 12;

const range = (i) => i === LAST ? `${LAST * BIN_MIN} minutes and over` : `${i * BIN_MIN} to ${i * BIN_MIN + BIN_MIN} minutes`;

function everyBin(scales) {
  Object.assign(scales.x.ticks, {autoSkipPadding: 3, font: {size: 11}});
  return scales;
}

export class Rides {
  constructor(section) {
    this.section = section;
    this.bins = [];
    this.canvas = canvasIn(section, 'Ride time');
    arrowKeys(this, (i) => this.say(i));
    this.table = bindTable(section, () => ({
      head: ['Ride time', 'Trips'],
      rows: this.bins.map((n, i) => ({data: {figure: 'ride_bin', bin: i, value: n}, cells: [range(i), count(n)]})),
    }));
  }

  say(i) {
    return `${range(i)}: ${count(this.bins[i])} trips`;
  }

  recolour() {
    this.chart?.destroy();
    const c = colours();
    this.chart = new Chart(this.canvas, {
      type: 'bar',
      data: {labels: [], datasets: [{data: [], backgroundColor: c.end, categoryPercentage: 1, barPercentage: 0.93,
        borderRadius: 1}]},
      options: {scales: everyBin(axes(c, 'minutes (5-minute bins)', 'trips')), interaction: {mode: 'index', intersect: false},
        plugins: {tooltip: {...tooltipColours(c), callbacks: {title: () => '', label: (item) => this.say(item.dataIndex)}}}},
    });
  }

  draw(summary, view) {
    if (!this.chart) {
      this.recolour();
    }
    this.bins = summary.ride_bins;
    refresh(this.chart, this.bins.map((_, i) => `${i * BIN_MIN}${i === LAST ? '+' : ''}`), [{data: this.bins}]);
    const {trips, median_s: median, p90_s: p90} = summary.ride;
    const text = trips > 0 ? `median ${minutes(median)}, 9 in 10 ${p90 < 3600 ? `within ${minutes(p90)}` : 'take up to an hour or more'}` : 'no completed trip yet';
    setText(this.section.querySelector('.note'), text);
    setText(this.section.querySelector('.sub'), `completed today, minutes${view.zone === '' ? '' : '; all zones'}`);
    this.canvas.setAttribute('aria-label', `Histogram of ride times of ${count(trips)} trips: ${text}. Arrow keys read the bins.`);
    this.table();
  }
}
