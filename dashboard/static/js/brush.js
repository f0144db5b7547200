// The range picker: a line of the whole history with a window over it. Drag over the line for a new range, drag the window to move it,
// drag a handle or give it arrow keys (Page Up and Down: a month) to change one end.

import {node} from './dom.js';
import {addDays, dayText, daysBetween, rangeText} from './periods.js';

const SVG = 'http://www.w3.org/2000/svg';
const MONTH_DAYS = 30;
const KEYS = {ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -MONTH_DAYS, PageUp: MONTH_DAYS};

const clamp = (v, low, high) => Math.min(Math.max(v, low), high);

export class Brush {
  // chosen(from, to): called when the visitor has let go.
  constructor(element, chosen) {
    this.element = element;
    this.chosen = chosen;
    this.svg = document.createElementNS(SVG, 'svg');
    this.line = document.createElementNS(SVG, 'path');
    this.svg.setAttribute('viewBox', '0 0 1000 60');
    this.svg.setAttribute('preserveAspectRatio', 'none');
    this.svg.setAttribute('aria-hidden', 'true');
    this.svg.append(this.line);
    this.window = node('div', {className: 'window'});
    this.handles = ['First day of the range', 'Last day of the range'].map((name, i) => this.handle(name, i));
    this.ends = node('div', {className: 'ends', 'aria-hidden': 'true'}, node('span'), node('span'));
    const track = node('div', {className: 'track'}, this.svg, this.window, ...this.handles);
    element.replaceChildren(track, this.ends);
    this.track = track;
    track.addEventListener('pointerdown', (event) => this.grab(event));
  }

  handle(name, i) {
    const made = node('div', {className: 'handle', role: 'slider', tabindex: '0', 'aria-label': name, 'aria-valuemin': '0'});
    made.addEventListener('keydown', (event) => {
      const target = {Home: 0, End: this.days}[event.key] ?? (KEYS[event.key] ? this.at[i] + KEYS[event.key] : null);
      if (target !== null) {
        event.preventDefault();
        this.move(i, target);
        this.tell();
      }
    });
    return made;
  }

  // rows: [[date, amount]] ascending, for the line.
  draw({first, last, from, to, rows}) {
    this.first = first;
    this.days = Math.max(daysBetween(first, last), 1);
    this.at = [daysBetween(first, from), daysBetween(first, to)].map((v) => clamp(v, 0, this.days));
    const top = Math.max(...rows.map(([, n]) => n), 1);
    const points = rows.map(([date, n]) => [clamp(daysBetween(first, date) / this.days * 1000, 0, 1000), 58 - n / top * 54]);
    this.line.setAttribute('d', points.length === 0 ? '' : `M${points[0][0].toFixed(1)} 60${points.map(([x, y]) => `L${x.toFixed(1)} ${y.toFixed(1)}`).join('')}L${points[points.length - 1][0].toFixed(1)} 60Z`);
    this.ends.firstChild.textContent = dayText(first);
    this.ends.lastChild.textContent = dayText(last);
    this.show();
  }

  show() {
    const [from, to] = this.at.map((v) => v / this.days * 100);
    this.window.style.left = `${from}%`;
    this.window.style.width = `${Math.max(to - from, 0.2)}%`;
    this.handles.forEach((handle, i) => {
      handle.style.left = `${[from, to][i]}%`;
      handle.setAttribute('aria-valuemax', this.days);
      handle.setAttribute('aria-valuenow', this.at[i]);
      handle.setAttribute('aria-valuetext', dayText(addDays(this.first, this.at[i])));
    });
    this.track.title = rangeText(addDays(this.first, this.at[0]), addDays(this.first, this.at[1]));
  }

  move(i, target) {
    this.at[i] = i === 0 ? clamp(target, 0, this.at[1]) : clamp(target, this.at[0], this.days);
    this.show();
  }

  tell() {
    this.chosen(addDays(this.first, this.at[0]), addDays(this.first, this.at[1]));
  }

  dayAt(event) {
    const {left, width} = this.track.getBoundingClientRect();
    return clamp(Math.round((event.clientX - left) / width * this.days), 0, this.days);
  }

  grab(event) {
    if (event.button !== 0) {
      return;
    }
    event.preventDefault();
    const begun = this.dayAt(event);
    const before = [...this.at];
    const end = this.handles.indexOf(event.target);
    const inside = event.target === this.window;
    const drag = (moved) => {
      const day = this.dayAt(moved);
      if (end >= 0) {
        this.move(end, day);
        return;
      }
      if (inside) {
        const by = clamp(day - begun, -before[0], this.days - before[1]);
        this.at = before.map((v) => v + by);
      } else {
        this.at = [Math.min(begun, day), Math.max(begun, day)];
      }
      this.show();
    };
    const drop = () => {
      this.track.removeEventListener('pointermove', drag);
      this.track.removeEventListener('pointerup', drop);
      this.track.removeEventListener('pointercancel', drop);
      if (end >= 0) {
        this.handles[end].focus();
      }
      if (String(this.at) !== String(before)) {
        this.tell();
      }
    };
    this.track.setPointerCapture(event.pointerId);
    this.track.addEventListener('pointermove', drag);
    this.track.addEventListener('pointerup', drop);
    this.track.addEventListener('pointercancel', drop);
  }
}
