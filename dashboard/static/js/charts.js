// What the Chart.js charts share: a canvas in its box, tooltips and axes in the theme's colours, arrow keys, hatching.

import {byId, node} from './dom.js';
import {count} from './format.js';

const {Chart} = globalThis;

Chart.defaults.animation = false;
Chart.defaults.font.family = '"Inter", system-ui, "Segoe UI", Roboto, sans-serif';
Chart.defaults.plugins.legend.display = false;
Chart.defaults.maintainAspectRatio = false;

// A canvas inside the section's box; `name` is what a screen reader calls it.
export function canvasIn(section, name) {
  const canvas = node('canvas', {role: 'img', tabindex: '0', 'aria-label': name});
  section.querySelector('.box').replaceChildren(canvas);
  return canvas;
}

export function tooltipColours(c) {
  return {backgroundColor: c.ink, titleColor: c.page, bodyColor: c.page, padding: 10, cornerRadius: 6,
    displayColors: false};
}

export function axes(c, xTitle, yTitle) {
  const title = (text) => ({display: true, text, color: c['ink-2'], font: {size: 12}});
  return {
    x: {stacked: true, grid: {display: false}, border: {color: c.line}, title: title(xTitle),
      ticks: {color: c['ink-2'], maxRotation: 0, autoSkipPadding: 10, font: {size: 12}}},
    y: {stacked: true, beginAtZero: true, grid: {color: c.line}, border: {display: false}, title: title(yTitle),
      ticks: {color: c['ink-2'], precision: 0, maxTicksLimit: 8, font: {size: 12}, callback: (v) => count(v)}},
  };
}

// Left and right move over the elements of the first dataset; each is shown and said. `owner` has the canvas and the
// chart on it, which is made anew when colours change; indexOf gives the order of the walk, pick takes what Enter is pressed on.
export function arrowKeys(owner, say, indexOf = (at) => at, pick = null) {
  let at = -1;
  const show = (elements) => {
    const {chart} = owner;
    chart.setActiveElements(elements);
    chart.tooltip.setActiveElements(elements, {x: 0, y: 0});
    chart.update('none');
  };
  owner.canvas.addEventListener('keydown', (event) => {
    const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
    const total = owner.chart.data.datasets[0].data.length;
    if (event.key === 'Escape') {
      at = -1;
      show([]);
    } else if (pick && event.key === 'Enter' && at >= 0) {
      pick(indexOf(at));
    } else if (step && total > 0) {
      event.preventDefault();
      at = (at + step + total + (at < 0 && step < 0 ? 1 : 0)) % total;
      show(owner.chart.data.datasets.map((_, datasetIndex) => ({datasetIndex, index: indexOf(at)})));
      byId('say').textContent = say(indexOf(at));
    }
  });
  owner.canvas.addEventListener('blur', () => { at = -1; show([]); });
}

// Diagonal lines of one colour: the sign of what is still provisional.
export function hatch(colour) {
  const size = 8;
  const tile = document.createElement('canvas');
  tile.width = size;
  tile.height = size;
  const pen = tile.getContext('2d');
  pen.strokeStyle = colour;
  pen.lineWidth = 2.6;
  pen.beginPath();
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift - 2, size + 2);
    pen.lineTo(shift + size + 2, -2);
  }
  pen.stroke();
  return pen.createPattern(tile, 'repeat');
}

// Replaces a chart's data and colours in place.
export function refresh(chart, labels, datasets) {
  chart.data.labels = labels;
  chart.data.datasets.forEach((dataset, i) => Object.assign(dataset, datasets[i]));
  chart.update('none');
}

export {Chart};
