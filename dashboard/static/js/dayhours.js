// One day: its hours on the clock, and its busiest routes.

import {Chart, arrowKeys, axes, canvasIn, refresh, tooltipColours} from './charts.js';
import {colours, setText} from './dom.js';
import {count, dollars} from './format.js';
import {weekdayText} from './periods.js';
import {drawRoutes} from './rankings.js';
import {bindTable} from './tables.js';

const clockHour = (hour) => `${String(hour).padStart(2, '0')}:00`;

export class DayHours {
  constructor(section, routes) {
    this.section = section;
    this.routes = routes;
    this.rows = [];
    this.canvas = canvasIn(section, 'Hours of a day');
    arrowKeys(this, (i) => this.say(i));
    this.table = bindTable(section, () => ({
      head: ['Hour on the clock', 'Pickups', 'Drop-offs', 'Completed', 'Revenue'],
      rows: this.rows.map((row) => ({data: {figure: 'day_hour', hour: row.hour, value: row.starts, ends: row.ends},
        cells: [clockHour(row.hour), count(row.starts), count(row.ends), count(row.matched), dollars(row.total_cents)]})),
    }));
  }

  say(hour) {
    const row = this.rows.find((r) => r.hour === hour);
    return `${clockHour(hour)}: ${row ? `${count(row.starts)} pickups, ${count(row.ends)} drop-offs` : 'nothing'}`;
  }

  recolour() {
    this.chart?.destroy();
    const c = colours();
    const scales = axes(c, 'hour of the day', 'trips');
    scales.x.stacked = false;
    scales.y.stacked = false;
    this.chart = new Chart(this.canvas, {type: 'bar',
      data: {labels: [], datasets: [{data: [], backgroundColor: c.start}, {data: [], backgroundColor: c.end}]},
      options: {scales, interaction: {mode: 'index', intersect: false}, datasets: {bar: {categoryPercentage: 0.86, barPercentage: 0.94, borderRadius: 1}},
        plugins: {tooltip: {...tooltipColours(c), filter: (item) => item.datasetIndex === 0, callbacks: {title: () => '', label: (item) => this.say(item.dataIndex)}}}}});
    this.drawn();
  }

  drawn() {
    const hours = Array.from({length: 24}, (_, hour) => this.rows.find((r) => r.hour === hour));
    refresh(this.chart, hours.map((_, hour) => String(hour).padStart(2, '0')),
      [{data: hours.map((r) => r?.starts ?? 0)}, {data: hours.map((r) => r?.ends ?? 0)}]);
  }

  draw(day, answer, zones, zoneText) {
    this.rows = answer.rows;
    if (!this.chart) {
      this.recolour();
    }
    this.drawn();
    setText(this.section.querySelector('h2'), `Hours of ${weekdayText(day)}`);
    setText(this.section.querySelector('.sub'), `on New York's clock${zoneText}; choose a day in the table`);
    const peak = this.rows.reduce((a, b) => b.starts > (a?.starts ?? -1) ? b : a, null);
    this.canvas.setAttribute('aria-label', peak ? `Pickups and drop-offs by hour of ${weekdayText(day)}: most pickups ${this.say(peak.hour)}. Arrow keys read the hours.`
      : `Hours of ${weekdayText(day)}: nothing.`);
    drawRoutes(this.routes.querySelector('.bars'), answer.routes, zones);
    setText(this.routes.querySelector('.sub'), `${weekdayText(day)}, mean ride${zoneText}`);
    this.table();
  }
}
