// Rhythm of the week: mean pickups by hour of day and day of week, in steps of equal number.

import {byId, colours, node, setText} from './dom.js';
import {WEEKDAYS, count, decimal} from './format.js';
import {quantiles, stepColour} from './scale.js';
import {bindTable} from './tables.js';

const HOURS = Array.from({length: 24}, (_, h) => h);
const MOVES = {ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0]};

const two = (h) => String(h).padStart(2, '0');

export class Rhythm {
  constructor(section) {
    this.section = section;
    this.values = new Map();
    this.cells = WEEKDAYS.map((_, d) => HOURS.map((h) => node('div', {className: 'cell', role: 'gridcell',
      tabindex: d === 0 && h === 0 ? '0' : '-1'})));
    const week = section.querySelector('.week');
    week.append(...WEEKDAYS.map((day, d) => node('div', {role: 'row'}, node('div', {role: 'rowheader'}, day), ...this.cells[d])));
    week.append(node('div', {role: 'row'}, node('div', {role: 'columnheader', 'aria-label': 'day'}),
      ...HOURS.map((h) => node('div', {role: 'columnheader', className: 'hour', 'aria-label': `${h}:00`}, h % 3 === 0 ? String(h) : ''))));
    week.addEventListener('keydown', (event) => this.move(event));
    this.table = bindTable(section, () => ({
      head: ['Day', 'Hour', 'Mean pickups an hour'],
      rows: [...this.values].map(([key, v]) => {
        const [d, h] = [Math.floor(key / 24), key % 24];
        return {data: {figure: 'rhythm', weekday: d, hour: h, value: v}, cells: [WEEKDAYS[d], `${two(h)}:00`, decimal(v)]};
      }),
    }));
  }

  move(event) {
    const step = MOVES[event.key];
    if (!step) {
      return;
    }
    event.preventDefault();
    const d = this.cells.findIndex((row) => row.includes(document.activeElement));
    const h = this.cells[d].indexOf(document.activeElement);
    const next = this.cells[(d + step[0] + 7) % 7][(h + step[1] + 24) % 24];
    document.activeElement.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
    byId('say').textContent = next.title;
  }

  recolour() {
    this.colours = null;
  }

  draw(summary, view) {
    this.colours ??= colours();
    this.values = new Map(summary.rhythm.map(([d, h, mean]) => [d * 24 + h, mean]));
    const steps = quantiles([...this.values.values()]);
    this.cells.forEach((row, d) => row.forEach((cell, h) => {
      const mean = this.values.get(d * 24 + h);
      const colour = stepColour(this.colours, steps, mean ?? 0);
      const title = `${WEEKDAYS[d]} ${two(h)}:00: ${mean === undefined ? 'not seen yet' : `${decimal(mean)} pickups an hour`}`;
      if (cell.title !== title || cell.dataset.colour !== colour) {
        cell.title = title;
        cell.setAttribute('aria-label', title);
        cell.dataset.colour = colour;
        cell.style.setProperty('--c', colour);
      }
    }));
    this.legend(steps);
    setText(this.section.querySelector('.sub'), `mean pickups an hour, New York time${view.zone === '' ? '' : '; all zones'}`);
    this.table();
  }

  legend(steps) {
    const show = steps.every(Number.isInteger) ? count : decimal;
    const texts = steps.map((lower, i) => [stepColour(this.colours, steps, lower || 1e-9), i + 1 === steps.length
      ? `${show(lower)} and more an hour` : `${i === 0 ? 'under ' : `${show(lower)} to `}${show(steps[i + 1])}`]);
    const list = [[this.colours['seq-0'], 'none'], ...texts];
    const key = JSON.stringify(list);
    if (key === this.shown) {
      return;
    }
    this.shown = key;
    this.section.querySelector('.legend').replaceChildren(...list.map(([colour, text]) => {
      const swatch = node('span', {className: 'swatch'});
      swatch.style.setProperty('--c', colour);
      return node('li', {}, swatch, text);
    }));
  }
}
