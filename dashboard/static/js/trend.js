// A figure by day, week or month over the range, with the compared range laid over it by its place in it.

import {Chart, arrowKeys, axes, canvasIn, refresh, tooltipColours} from './charts.js';
import {byId, colours, node, setText} from './dom.js';
import {count} from './format.js';
import {METRICS, orDash} from './metrics.js';
import {periodText, rangeText, tickText} from './periods.js';

// More bars than this are thinner than a pixel or two: then it is a line.
const BARS_MAX = 130;

export class Trend {
  constructor(section) {
    this.section = section;
    this.points = [];
    this.canvas = canvasIn(section, 'Series');
    arrowKeys(this, (i) => this.say(i));
  }

  say(i) {
    const point = this.points[i];
    if (!point) {
      return '';
    }
    const show = orDash(this.metric.show);
    const value = `${periodText(this.by, point.start)}: ${show(point.row ? this.metric.of(point.row) : null)}`;
    return this.compared ? `${value}; ${periodText(this.by, point.compared)}: ${show(point.other ? this.metric.of(point.other) : null)}` : value;
  }

  recolour() {
    this.chart?.destroy();
    this.chart = null;
  }

  make(bars) {
    const c = colours();
    const colour = c[this.metric.colour];
    const scales = axes(c, this.by, this.metric.unit);
    scales.x.stacked = false;
    scales.y.stacked = false;
    scales.y.ticks.precision = this.metric.unit === 'trips' ? 0 : undefined;
    scales.y.ticks.callback = (v) => this.metric.unit === 'dollars' ? `$${count(v)}` : this.metric.unit === 'trips' ? count(v) : v;
    scales.x.ticks.autoSkipPadding = 24;
    this.chart = new Chart(this.canvas, {
      type: 'bar',
      data: {labels: [], datasets: [
        {type: bars ? 'bar' : 'line', data: [], order: 2, backgroundColor: bars ? colour : c[`${this.metric.colour}-soft`], borderColor: colour, borderWidth: bars ? 0 : 1.5,
          fill: !bars, pointRadius: 0, pointHitRadius: 6, categoryPercentage: 0.92, barPercentage: 0.9, borderRadius: 1},
        {type: 'line', data: [], order: 1, borderColor: c.ink, borderWidth: 1.5, borderDash: [5, 4], pointRadius: 0, pointHitRadius: 6}]},
      options: {scales, interaction: {mode: 'index', intersect: false},
        plugins: {tooltip: {...tooltipColours(c), filter: (item) => item.datasetIndex === 0,
          callbacks: {title: () => '', label: (item) => this.say(item.dataIndex).split('; ')}}}},
    });
    this.made = `${bars} ${this.metric.title} ${this.by}`;
  }

  // points: [{start, row, compared, other}]
  draw({points, by, metric, range, compared, zone}) {
    Object.assign(this, {points, by, metric: METRICS[metric], compared});
    const bars = points.length <= BARS_MAX;
    if (!this.chart || this.made !== `${bars} ${this.metric.title} ${by}`) {
      this.recolour();
      this.make(bars);
    }
    const value = (row) => row && this.metric.of(row) !== null ? this.metric.of(row) / (this.metric.scale ?? 1) : null;
    const many = points.length > 180;
    refresh(this.chart, points.map((p) => tickText(by, p.start, many)),
      [{data: points.map((p) => value(p.row))}, {data: compared ? points.map((p) => value(p.other)) : []}]);
    setText(this.section.querySelector('h2'), `${this.metric.title} by ${by}`);
    setText(this.section.querySelector('.sub'), `${rangeText(range.from, range.to)}${zone}`);
    this.legend(range);
    this.canvas.setAttribute('aria-label', this.describe(range));
  }

  legend(range) {
    const entry = (className, text) => node('li', {}, node('span', {className}), text);
    byId('trend-legend').replaceChildren(entry(`swatch sq ${this.metric.colour}`, rangeText(range.from, range.to)),
      ...this.compared ? [entry('swatch dash', `${rangeText(this.compared.from, this.compared.to)}, laid over it`)] : []);
  }

  describe(range) {
    const real = this.points.filter((p) => p.row && this.metric.of(p.row) !== null);
    if (real.length === 0) {
      return `${this.metric.title}: no data from ${rangeText(range.from, range.to)}.`;
    }
    const [low, high] = real.reduce(([a, b], p) => [this.metric.of(p.row) < this.metric.of(a.row) ? p : a,
      this.metric.of(p.row) > this.metric.of(b.row) ? p : b], [real[0], real[0]]);
    const at = (p) => `${this.metric.show(this.metric.of(p.row))} (${periodText(this.by, p.start)})`;
    return `${this.metric.title} by ${this.by}, ${rangeText(range.from, range.to)}: highest ${at(high)}, lowest ${at(low)}. Arrow keys read them.`;
  }
}
