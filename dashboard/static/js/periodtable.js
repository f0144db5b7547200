// The table of days, weeks or months: the chart's twin, sorted by any column, saved as it is shown.

import {csvButton} from './csv.js';
import {byId, node, setText} from './dom.js';
import {count} from './format.js';
import {COLUMNS, METRICS, orDash} from './metrics.js';
import {periodText} from './periods.js';
import {change, view} from './view.js';

const ROWS_SHOWN = 400;
const NAMES = {day: 'Days', week: 'Weeks', month: 'Months'};

// "-starts" -> by starts, largest first; "" -> by time, newest last.
export function sorted(rows, columns, sort) {
  const down = sort.startsWith('-');
  const column = columns.find(({key}) => key === sort.replace('-', ''));
  if (!column) {
    return rows;
  }
  const value = (row) => column.of(row) ?? -Infinity;
  const compare = (a, b) => value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0;
  return [...rows].sort((a, b) => (down ? -1 : 1) * compare(a, b) || (a.start < b.start ? -1 : 1));
}

export class PeriodTable {
  constructor(section) {
    this.section = section;
    this.all = false;
    this.rows = [];
    this.more = node('button', {type: 'button', className: 'small'}, 'Show all');
    this.more.addEventListener('click', () => { this.all = true; this.fill(); });
    byId('table-tools').append(this.more, csvButton(() => `${NAMES[view.by]} ${this.title}`, () => ({
      head: this.columns.map(({head}) => head),
      rows: this.ordered().map((row) => this.cells(row)),
    })));
    this.title = '';
    this.columns = [];
  }

  makeColumns(by, metric, compared) {
    const {title, of, show} = METRICS[metric];
    const percent = (row) => row.other && of(row.other) && of(row) !== null ? (of(row) - of(row.other)) / of(row.other) * 100 : null;
    return [{key: 'start', head: {day: 'Day', week: 'Week', month: 'Month'}[by], of: (row) => row.start, show: (start) => periodText(by, start)},
      ...!compared ? [] : [
        {key: 'now', head: title, of, show},
        {key: 'change', head: 'Change, %', of: percent, show: (v) => v.toFixed(1)},
        {key: 'other', head: 'Compared', of: (row) => row.other ? of(row.other) : null, show},
        {key: 'compared', head: 'With', of: (row) => row.compared, show: (start) => periodText(by, start)}],
      ...by === 'day' ? [] : [{key: 'days', head: 'Days with data', of: (row) => row.days, show: count}], ...COLUMNS];
  }

  ordered() {
    return sorted(this.rows, this.columns, view.sort);
  }

  cells(row) {
    return this.columns.map(({of, show}) => orDash(show)(of(row)));
  }

  draw({points, by, metric, compared, title}) {
    this.by = by;
    this.title = title;
    this.rows = points.filter((p) => p.row).map((p) => ({...p.row, compared: p.compared, other: p.other}));
    this.columns = this.makeColumns(by, metric, compared);
    setText(this.section.querySelector('h2'), NAMES[by]);
    this.fill();
  }

  header({key, head}) {
    const down = view.sort === `-${key}`;
    const up = view.sort === key || (key === 'start' && view.sort === '');
    const button = node('button', {type: 'button', className: 'sort', 'data-sort': key}, head, node('span', {'aria-hidden': 'true'}, up ? ' ▲' : down ? ' ▼' : ''));
    button.addEventListener('click', () => change({sort: down ? key : up ? `-${key}` : key === 'start' ? '' : `-${key}`}));
    return node('th', {scope: 'col', 'aria-sort': up ? 'ascending' : down ? 'descending' : 'none'}, button);
  }

  line(row) {
    const [first, ...rest] = this.cells(row);
    const name = this.by === 'day' ? node('button', {type: 'button', className: 'pick'}, first) : first;
    if (this.by === 'day') {
      name.addEventListener('click', () => change({day: row.start}));
    }
    const made = node('tr', {}, node('th', {scope: 'row'}, name), ...rest.map((text) => node('td', {}, text)));
    Object.assign(made.dataset, {figure: 'period', start: row.start, value: row.starts, ends: row.ends, matched: row.matched, revenue: row.total_cents, ride: row.ride_p50_s ?? ''});
    return made;
  }

  fill() {
    const rows = this.ordered();
    const shown = this.all ? rows : rows.slice(0, ROWS_SHOWN);
    const focused = document.activeElement?.dataset?.sort;
    this.section.querySelector('.scroll').replaceChildren(node('table', {}, node('caption', {className: 'sr'}, `${NAMES[this.by]}, ${this.title}`),
      node('thead', {}, node('tr', {}, ...this.columns.map((column) => this.header(column)))),
      node('tbody', {}, ...shown.map((row) => this.line(row)))));
    if (focused) {
      this.section.querySelector(`[data-sort="${focused}"]`)?.focus();
    }
    this.more.hidden = shown.length === rows.length;
    setText(this.section.querySelector('.sub'), shown.length === rows.length ? `${count(rows.length)} with data` : `${count(shown.length)} of ${count(rows.length)} with data are shown; CSV has all`);
  }
}
