// Trips by hour: completed in the hour and under way at its end, stacked; provisional hours hatched. Windows hold by zone
// only starts and ends, so with a zone it shows that zone's pickups and drop-offs side by side; a route's trips are there for a day.

import {Chart, arrowKeys, axes, canvasIn, hatch, refresh, tooltipColours} from './charts.js';
import {byId, colours, setText} from './dom.js';
import {count, dayAndHour, dayName, hourAndMinute, minutes, parts} from './format.js';
import {bindTable} from './tables.js';

const DAY_SLOTS = 24;
const ALL_ZONES = {names: ['completed', 'under_way'], words: ['completed', 'under way'], stacked: true,
  text: (row) => `${count(row.completed)} completed, ${count(row.under_way)} under way at the end`};
const ONE_ZONE = {names: ['starts', 'ends'], words: ['pickups', 'drop-offs'], stacked: false,
  text: (row) => `${count(row.starts)} pickups, ${count(row.ends)} drop-offs`};

const ONE_ROUTE = {names: ['completed'], words: ['trips of the route'], stacked: false,
  text: (row) => row.completed === 0 ? 'no trip' : `${count(row.completed)} trips, mean ride ${minutes(row.ride_s / row.completed)}`};

// By the numbers that are there: just after a change of filters they are still those of the older one.
function kindOf([row]) {
  return row?.starts === null ? ONE_ROUTE : row?.completed === null ? ONE_ZONE : ALL_ZONES;
}

const orDash = (n) => n === null ? '–' : count(n);

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
    full.push({start, empty: true});
  }
  return full;
}

export class Hours {
  constructor(section) {
    this.section = section;
    this.rows = [];
    this.kind = ALL_ZONES;
    this.canvas = canvasIn(section, 'Trips by hour');
    arrowKeys(this, (i) => this.say(i));
    this.table = bindTable(section, () => ({
      head: ['Begins, New York time', 'Started', 'Ended', 'Completed', 'Under way at the end', 'Mean ride', 'State'],
      rows: this.rows.filter((row) => !row.empty).map((row) => ({
        data: {figure: 'hour', start: row.start, value: row.completed ?? '', started: row.starts, ended: row.ends,
          underWay: row.under_way ?? '', ride: row.ride_s ?? ''},
        cells: [row.day ? dayName(row.start) : dayAndHour(row.start), orDash(row.starts), orDash(row.ends),
          orDash(row.completed), orDash(row.under_way), row.ride_s ? minutes(row.ride_s / row.completed) : '–', row.provisional ? 'provisional' : 'final'],
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
    return `${row.day ? dayName(row.start) : dayAndHour(row.start)}: ${this.kind.text(row)}${row.provisional ? ', provisional' : ''}`;
  }

  recolour() {
    this.chart?.destroy();
    const c = colours();
    const [start, under, end] = [c.start, c.under, c.end].map((colour) => [colour, hatch(colour)]);
    this.paint = {completed: start, under_way: under, starts: start, ends: end};
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
    this.kind = kindOf(summary.hours);
    this.span = this.kind === ONE_ROUTE ? 'day' : view.hours;
    this.rows = slots(summary.hours, this.span);
    const days = this.rows.some((row) => row.day);
    const {x, y} = this.chart.options.scales;
    x.ticks.autoSkip = days || this.span === 'day';
    x.title.text = days ? 'day' : this.span === 'day' ? 'hour of the day' : 'hour';
    x.stacked = this.kind.stacked;
    y.stacked = this.kind.stacked;
    refresh(this.chart, this.rows.map((row) => this.label(row)), [0, 1].map((i) => {
      const name = this.kind.names[i];
      return {hidden: !name, data: this.rows.map((row) => row[name] ?? null),
        backgroundColor: this.rows.map((row) => this.paint[name]?.[row.provisional ? 1 : 0])};
    }));
    this.words(days);
    this.canvas.setAttribute('aria-label', this.describe());
    this.table();
  }

  words(days) {
    const period = days ? 'day' : 'hour';
    setText(this.section.querySelector('h2'), `Trips by ${period}`);
    setText(this.section.querySelector('.sub'), this.kind === ONE_ROUTE ? 'of the route, by the hour of their end, today, New York time'
      : this.kind === ONE_ZONE ? 'pickups and drop-offs in the zone, New York time'
        : `completed in the ${period}, under way at its end, New York time`);
    setText(byId('legend-first'), this.kind.words[0]);
    setText(byId('legend-second'), this.kind.words[1] ?? '');
    byId('legend-second').parentElement.hidden = this.kind === ONE_ROUTE;
    byId('hours-span').hidden = this.kind === ONE_ROUTE; // windows hold routes for a day
    byId('swatch-second').className = `swatch sq ${this.kind === ONE_ZONE ? 'end' : 'under'}`;
  }

  describe() {
    const real = this.rows.filter((row) => !row.empty);
    if (real.length === 0) {
      return 'Trips by hour: nothing yet.';
    }
    const [name] = this.kind.names;
    const peak = real.reduce((a, b) => b[name] > a[name] ? b : a);
    const last = real[real.length - 1];
    return `Bar chart of ${this.kind.words.join(' and ')} from ${hourAndMinute(real[0].start)}, ${dayName(real[0].start)}, ` +
      `to ${dayAndHour(last.start)}. Highest: ${this.kind.text(peak)} at ${dayAndHour(peak.start)}. ` +
      'Arrow keys read the bars.';
  }
}
