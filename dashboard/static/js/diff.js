// Stream against batch: what the rows have more than the live windows, by source and day. Normally nothing.

import {Chart, arrowKeys, axes, canvasIn, refresh, tooltipColours} from './charts.js';
import {byId, colours, setData, setText} from './dom.js';
import {count, sourceTitle} from './format.js';
import {dayText, tickText} from './periods.js';
import {bindTable} from './tables.js';

const more = (row) => row.batch - row.stream;
const sum = (rows, of) => rows.reduce((n, row) => n + of(row), 0);

function sentence(diff, rows) {
  if (!diff.done) {
    return `Not compared: ${diff.note}.`;
  }
  if (rows.length === 0) {
    return 'There are no live windows to compare with: what was replayed before this dashboard began is in the days only.';
  }
  const days = `${count(rows.length)} ${rows.length === 1 ? 'day' : 'days'}`;
  if (diff.wrong > 0 || diff.unlikely > 0) {
    return `They do not fit: ./pipeline audit --diff lists where. Windows have more than the rows at ${count(diff.wrong)} places.`;
  }
  const differing = rows.filter((row) => more(row) !== 0).length;
  return differing === 0 ? `The same, by source, day and zone, on all ${days}: ${count(sum(rows, (row) => row.batch))} events.`
    : `The rows have ${count(sum(rows, more))} events more on ${count(differing)} of ${days}: trips that came too late for their window. `;
}

export class Diff {
  constructor(section) {
    this.section = section;
    this.rows = [];
    this.canvas = canvasIn(section, 'Late events by day');
    arrowKeys(this, (i) => this.say(i));
    this.table = bindTable(section, () => ({
      head: ['Source and day', 'Events in windows', 'Events in rows', 'More in rows', 'Zones and kinds with more', 'With less'],
      rows: this.rows.map((row) => ({data: {figure: 'diff', source: row.source, day: row.day, value: more(row)},
        cells: [`${sourceTitle(row.source)}, ${dayText(row.day)}`, count(row.stream), count(row.batch), count(more(row)), count(row.places), count(row.wrong)]})),
    }));
  }

  say(i) {
    const row = this.late[i];
    return row ? `${sourceTitle(row.source)}, ${dayText(row.day)}: ${count(more(row))} more in the rows` : '';
  }

  recolour() {
    this.chart?.destroy();
    this.chart = null;
    if (this.rows.length > 0) {
      this.drawChart();
    }
  }

  drawChart() {
    this.late = this.rows.some((row) => more(row) !== 0) ? this.rows : [];
    byId('diff-box').hidden = this.late.length === 0;
    if (this.late.length === 0) {
      return;
    }
    if (!this.chart) {
      const c = colours();
      this.chart = new Chart(this.canvas, {type: 'bar', data: {labels: [], datasets: [{data: [], backgroundColor: c['ink-2']}]},
        options: {scales: axes(c, 'day', 'late events'), interaction: {mode: 'index', intersect: false},
          plugins: {tooltip: {...tooltipColours(c), callbacks: {title: () => '', label: (item) => this.say(item.dataIndex)}}}}});
    }
    refresh(this.chart, this.late.map((row) => tickText('day', row.day, false)), [{data: this.late.map(more)}]);
    this.canvas.setAttribute('aria-label', `Events that the rows have more, by source and day. ${sentence(this.diff, this.rows)} Arrow keys read them.`);
  }

  // takes(row): whether a day is to be shown.
  draw(diff, takes) {
    this.diff = diff;
    this.rows = diff.rows.filter(takes);
    const text = byId('diff-text');
    setText(text, sentence(diff, this.rows));
    setData(text, diff.done ? sum(this.rows, more) : '');
    this.drawChart();
    this.table();
  }
}
