// The six figures: value, change against the same span a day before, and the last 24 event hours as a line.

import {node, setData, setText} from './dom.js';
import {count, decimal, dollars, minutes} from './format.js';

const SVG = 'http://www.w3.org/2000/svg';
const FIGURES = [
  {name: 'under_way', title: 'Under way now', show: count, then: 'at this time yesterday'},
  {name: 'started', title: 'Started today', show: count, then: 'by this time yesterday'},
  {name: 'completed', title: 'Completed today', show: count, then: 'by this time yesterday'},
  {name: 'median_ride_s', title: 'Median ride today', show: minutes, then: 'by this time yesterday', minutes: true},
  {name: 'revenue_cents', title: 'Revenue today', show: dollars, then: 'by this time yesterday'},
  {name: 'late', title: 'Late events', show: count},
];

export class Figures {
  constructor(element) {
    this.cards = FIGURES.map((figure) => {
      const card = {figure, big: node('div', {className: 'big', 'data-figure': figure.name}),
        change: node('div', {className: 'change'})};
      element.append(node('article', {className: 'card figure'}, node('div', {className: 'label'}, figure.title),
        card.big, card.change));
      if (figure.then) {
        card.line = sparkline();
        card.big.parentElement.append(card.line.svg);
      }
      return card;
    });
  }

  draw({figures, spark}) {
    for (const {figure, big, change, line} of this.cards) {
      const value = figures[figure.name] ?? 0;
      setData(big, value);
      setText(big, figure.show(value));
      if (figure.then) {
        showChange(change, figure, value, figures.before?.[figure.name] ?? 0);
        drawLine(line, spark?.[figure.name] ?? [], figure);
      } else {
        setText(change, `of ${count(figures.events ?? 0)} events, all time`);
      }
    }
  }
}

function showChange(element, figure, value, before) {
  if (before === 0) {
    setText(element, 'no day before');
    element.title = `nothing ${figure.then} to compare with`;
    return;
  }
  const sign = value > before ? '▲' : value < before ? '▼' : '=';
  const amount = figure.minutes ? `${decimal(Math.abs(value - before) / 60)} min`
    : `${count(Math.abs(value - before) / before * 100)} %`;
  const text = `${sign} ${amount} vs yesterday`;
  if (element.textContent !== text) {
    element.replaceChildren(node('b', {}, `${sign} ${amount}`), ' vs yesterday');
  }
  element.title = `${figure.show(before)} ${figure.then}`;
}

function sparkline() {
  const svg = document.createElementNS(SVG, 'svg');
  const line = document.createElementNS(SVG, 'polyline');
  const end = document.createElementNS(SVG, 'path');
  svg.setAttribute('class', 'spark');
  svg.setAttribute('viewBox', '0 0 100 30');
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('role', 'img');
  svg.append(line, end);
  return {svg, line, end};
}

// Hours without a ride have no median: the line passes over them.
function drawLine({svg, line, end}, values, figure) {
  const top = Math.max(...values, 1);
  const points = values.map((v, i) => [i / (values.length - 1) * 97 + 1, 28 - v / top * 26])
    .filter((_, i) => !figure.minutes || values[i] > 0);
  if (points.length < 2) {
    svg.setAttribute('aria-label', 'no line yet');
    line.setAttribute('points', '');
    end.setAttribute('d', '');
    return;
  }
  const [x, y] = points[points.length - 1];
  line.setAttribute('points', points.map((p) => p.map((v) => v.toFixed(1)).join(',')).join(' '));
  end.setAttribute('d', `M${x.toFixed(1)} ${y.toFixed(1)}h0`);
  svg.setAttribute('aria-label', `last ${values.length} event hours: lowest ${figure.show(Math.min(...values))}, ` +
    `highest ${figure.show(Math.max(...values))}, now ${figure.show(values[values.length - 1])}`);
}
