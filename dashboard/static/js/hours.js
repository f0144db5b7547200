// Trips by hour: completed in the hour and under way at its end, stacked; provisional hours hatched.

import {Chart, arrowKeys, axes, canvasIn, colours, hatch, refresh, tooltipColours} from './charts.js';
import {setText} from './dom.js';
import {count, dayAndHour, dayName, hourAndMinute, parts} from './format.js';
import {bindTable} from './tables.js';

const DAY_SLOTS = 24;

// A day that starts at midnight is shown to its end, so that the axis rests while the day fills.
function slots(rows, span) {
  if (span !== 'day' || rows.length === 0 || parts(rows[0].start).hour !== '00') {
    return rows;
  }
  const full = [...rows];
  const day = parts(rows[0].start).day;
  while (full.length < DAY_SLOTS + 1) {
    const start = full[full.length - 1].start + 3600;
    if (parts(start).day !== day) {
      break;
    }
    full.push({start, empty: true, completed: null, under_way: null});
  }
  return full;
}

export class Hours {
  constructor(section) {
    this.section = section;
    this.rows = [];
    this.canvas = canvasIn(section, 'Trips by hour');
    arrowKeys(this, (i) => this.say(i));
    this.table = bindTable(section, () => ({
      head: ['Begins, New York time', 'Started', 'Ended', 'Completed', 'Under way at the end', 'State'],
      rows: this.rows.filter((row) => !row.empty).map((row) => ({
        data: {figure: 'hour', start: row.start, value: row.completed, started: row.starts, ended: row.ends,
          underWay: row.under_way},
        cells: [row.day ? dayName(row.start) : dayAndHour(row.start), count(row.starts), count(row.ends), count(row.completed),
          count(row.under_way), row.provisional ? 'provisional' : 'final'],
      })),
    }));
  }

  label(row) {
    if (row.day) {
      return dayName(row.start);
    }
    const p = parts(row.start);
    if (this.span === 'day') {
      return p.hour;
    }
    return p.hour === '00' ? `${p.weekday} ${p.day}` : ''; // a week is marked by its midnights
  }

  say(i) {
    const row = this.rows[i];
    if (!row || row.empty) {
      return 'nothing yet';
    }
    return `${row.day ? dayName(row.start) : dayAndHour(row.start)}: ${count(row.completed)} completed, ` +
      `${count(row.under_way)} under way at the end${row.provisional ? ', provisional' : ''}`;
  }

  recolour() {
    this.chart?.destroy();
    const c = colours();
    this.paint = {completed: [c.start, hatch(c.start)], under_way: [c.under, hatch(c.under)]};
    this.chart = new Chart(this.canvas, {
      type: 'bar',
      data: {labels: [], datasets: [{data: [], label: 'completed'}, {data: [], label: 'under way'}]},
      options: {scales: axes(c, 'hour of the day', 'trips'), interaction: {mode: 'index', intersect: false},
        datasets: {bar: {categoryPercentage: 0.92, barPercentage: 0.85, borderRadius: 1}},
        plugins: {tooltip: {...tooltipColours(c), callbacks: {title: () => '', label: (item) =>
          item.datasetIndex === 0 ? this.say(item.dataIndex) : ''}, filter: (item) => item.datasetIndex === 0}}},
    });
  }

  draw(summary, view) {
    if (!this.chart) {
      this.recolour();
    }
    this.span = view.hours;
    this.rows = slots(summary.hours, view.hours);
    const days = this.rows.some((row) => row.day);
    const paint = (name) => this.rows.map((row) => this.paint[name][row.provisional ? 1 : 0]);
    const x = this.chart.options.scales.x;
    x.ticks.autoSkip = days || this.span === 'day';
    x.title.text = days ? 'day' : this.span === 'day' ? 'hour of the day' : 'hour';
    refresh(this.chart, this.rows.map((row) => this.label(row)), [
      {data: this.rows.map((row) => row.completed), backgroundColor: paint('completed')},
      {data: this.rows.map((row) => row.under_way), backgroundColor: paint('under_way')}]);
    setText(this.section.querySelector('h2'), days ? 'Trips by day' : 'Trips by hour');
    setText(this.section.querySelector('.sub'), `${view.zone === '' ? '' : 'filtered to a zone where windows allow it; '}` +
      `completed in the ${days ? 'day' : 'hour'}, under way at its end, New York time`);
    this.canvas.setAttribute('aria-label', this.describe());
    this.table();
  }

  describe() {
    const real = this.rows.filter((row) => !row.empty);
    if (real.length === 0) {
      return 'Trips by hour: nothing yet.';
    }
    const peak = real.reduce((a, b) => b.completed > a.completed ? b : a);
    const last = real[real.length - 1];
    return `Bar chart of trips completed and under way from ${hourAndMinute(real[0].start)}, ${dayName(real[0].start)}, ` +
      `to ${dayAndHour(last.start)}. Highest: ${count(peak.completed)} completed at ${dayAndHour(peak.start)}. ` +
      'Arrow keys read the bars.';
  }
}
