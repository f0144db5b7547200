// The map: zones coloured by amount where shapes are there, bubbles at the zones' centroids where they are not.

import {Chart, arrowKeys, canvasIn, tooltipColours} from './charts.js';
import {colours, node, setText} from './dom.js';
import {count, spanText} from './format.js';
import {netScale, stepColour, stepLegend, stepsTo} from './scale.js';
import {corners} from './shapes.js';
import {bindTable} from './tables.js';
import {change, view} from './view.js';

const TITLES = {pickups: 'Pickups by zone', dropoffs: 'Drop-offs by zone', net: 'Net flow by zone'};
const LARGEST_BUBBLE = 22;
const WEST_TO_EAST = Math.cos(40.7 * Math.PI / 180);

export class ZoneMap {
  constructor(section, zones, shapes) {
    Object.assign(this, {section, zones, shapes, rows: []});
    this.ids = shapes ? shapes.map((shape) => shape.zone) : zones.placed;
    this.canvas = canvasIn(section, 'Map of zones');
    arrowKeys(this, (i) => this.say(i), (at) => this.order[at], (i) => this.pick(i));
    this.table = bindTable(section, () => ({
      head: ['Zone', 'Borough', 'Pickups', 'Drop-offs', 'Net'],
      rows: this.sorted().map((row) => ({
        data: {figure: 'zone', zone: row.zone, pickups: row.pickups, dropoffs: row.dropoffs, value: row.net},
        cells: [zones.name(row.zone), zones.borough(row.zone), count(row.pickups), count(row.dropoffs), count(row.net)],
      })),
    }));
  }

  sorted() {
    const key = view.map;
    return [...this.rows.values()].sort((a, b) => Math.abs(b[key]) - Math.abs(a[key]) || a.zone - b.zone);
  }

  say(i) {
    const row = this.row(this.ids[i]);
    return `${this.zones.name(row.zone)}, ${this.zones.borough(row.zone)}: ${count(row.pickups)} pickups, ` +
      `${count(row.dropoffs)} drop-offs, net ${count(row.net)}`;
  }

  // Filters to the zone, or to all again.
  pick(i) {
    const zone = String(this.ids[i]);
    change({zone: view.zone === zone ? '' : zone});
  }

  row(zone) {
    return this.rows.get(zone) ?? {zone, pickups: 0, dropoffs: 0, net: 0};
  }

  // Made anew with the next draw.
  recolour() {
    this.chart?.destroy();
    this.chart = null;
    this.colours = null;
  }

  make() {
    const c = this.colours;
    const plugins = {tooltip: {...tooltipColours(c), callbacks: {title: () => '', label: (item) => this.say(item.dataIndex)}}};
    const onClick = (_, hits) => {
      if (hits.length > 0) {
        this.pick(hits[0].index);
      }
    };
    this.marked = view.zone;
    this.chart = new Chart(this.canvas, this.shapes ? this.shapeConfig(c, plugins, onClick) : this.bubbleConfig(c, plugins, onClick));
  }

  centre(zone) {
    const [longitude, latitude] = this.zones.place(zone);
    return {longitude, latitude};
  }

  shapeConfig(c, plugins, onClick) {
    return {
      type: 'zones',
      data: {labels: this.ids.map((id) => this.zones.name(id)), datasets: [{data: this.shapes.map(({zone, feature}) => ({feature, center: this.centre(zone), value: 0})),
        outline: corners(this.shapes.map(({feature}) => feature)), // what the projection is fitted to; without it the whole globe
        backgroundColor: (at) => this.fill?.[at.dataIndex] ?? c['seq-0'],
        borderColor: (at) => String(this.ids[at.dataIndex]) === view.zone ? c.under : c.card,
        borderWidth: (at) => String(this.ids[at.dataIndex]) === view.zone ? 3 : 0.6,
        hoverBackgroundColor: (at) => this.fill?.[at.dataIndex] ?? c['seq-0'], hoverBorderColor: c.ink, hoverBorderWidth: 2}]},
      options: {showOutline: false, showGraticule: false, onClick, plugins, events: ['mousemove', 'mouseout', 'click', 'touchstart'],
        scales: {projection: {axis: 'x', projection: 'mercator', display: false, padding: 4}, color: {axis: 'x', display: false}}},
    };
  }

  bubbleConfig(c, plugins, onClick) {
    const at = this.ids.map((id) => this.zones.place(id));
    const [xs, ys] = [at.map(([lon]) => lon * WEST_TO_EAST), at.map(([, lat]) => lat)];
    const [west, east, south, north] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const fit = (axis) => (scale) => {
      const {width, height} = scale.chart;
      const unit = Math.max((east - west) / width, (north - south) / height) * 1.08;
      const [middle, half] = axis === 'x' ? [(west + east) / 2, unit * width / 2] : [(south + north) / 2, unit * height / 2];
      Object.assign(scale, {min: middle - half, max: middle + half});
    };
    return {
      type: 'bubble',
      data: {datasets: [{data: xs.map((x, i) => ({x, y: ys[i], r: 2})), backgroundColor: (p) => this.fill?.[p.dataIndex] ?? c['seq-0'],
        borderColor: (p) => String(this.ids[p.dataIndex]) === view.zone ? c.under : c['ink-3'],
        borderWidth: (p) => String(this.ids[p.dataIndex]) === view.zone ? 3 : 0.7, hoverBorderColor: c.ink, hoverBorderWidth: 2, hoverRadius: 0}]},
      options: {onClick, plugins, layout: {padding: 0}, scales: {x: {display: false, afterDataLimits: fit('x')}, y: {display: false, afterDataLimits: fit('y')}}},
    };
  }

  draw(summary) {
    this.colours ??= colours();
    const rows = new Map();
    for (const [name, sign] of [['pickups', 1], ['dropoffs', -1]]) {
      for (const [zone, n] of summary.zones[name]) {
        const row = rows.get(zone) ?? {zone, pickups: 0, dropoffs: 0, net: 0};
        row[name] = n;
        row.net += sign * n;
        rows.set(zone, row);
      }
    }
    this.rows = rows;
    const values = this.ids.map((id) => this.row(id)[view.map]);
    const top = Math.max(1, ...values.map(Math.abs));
    const legend = this.paint(values, top);
    this.order = this.ids.map((_, i) => i).sort((a, b) => Math.abs(values[b]) - Math.abs(values[a]));
    if (!this.chart) {
      this.make();
    }
    if (this.shapes) {
      this.showShapes();
    } else {
      this.chart.data.datasets[0].data.forEach((entry, i) => {
        entry.r = 2 + Math.sqrt(Math.abs(values[i]) / top) * LARGEST_BUBBLE;
      });
      this.chart.update('none');
    }
    this.words(summary, legend);
    this.table();
  }

  // An update resolves the options of every shape anew, which takes a browser tens of milliseconds; but from one message to the next a
  // few shapes change their colour and nothing else.
  showShapes() {
    if (this.marked !== view.zone) {
      this.marked = view.zone;
      this.chart.update('none');
      return;
    }
    let touched = false;
    this.chart.getDatasetMeta(0).data.forEach((element, i) => {
      if (element.options.backgroundColor !== this.fill[i]) {
        element.options = {...element.options, backgroundColor: this.fill[i]};
        touched = true;
      }
    });
    if (touched) {
      this.chart.draw();
    }
  }

  paint(values, top) {
    const c = this.colours;
    if (view.map === 'net') {
      const scale = netScale(c, top);
      this.fill = values.map(scale.colour);
      return scale.legend;
    }
    const steps = stepsTo(top);
    this.fill = values.map((v) => stepColour(c, steps, v));
    return stepLegend(c, steps);
  }

  words(summary, legend) {
    const span = spanText(view.span, summary.clock_s);
    setText(this.section.querySelector('h2'), TITLES[view.map]);
    setText(this.section.querySelector('.sub'), this.shapes ? span : `${span}; circles at the zones' centres`);
    const text = JSON.stringify(legend);
    if (text !== this.legend) {
      this.legend = text;
      const list = this.section.querySelector('.legend');
      list.classList.toggle('long', view.map === 'net');
      list.replaceChildren(...legend.map(([colour, words]) => {
        const swatch = node('span', {className: 'swatch'});
        swatch.style.setProperty('--c', colour);
        return node('li', {}, swatch, words);
      }));
    }
    const first = this.sorted().slice(0, 3).map((row) => `${this.zones.name(row.zone)} ${count(row[view.map])}`);
    this.canvas.setAttribute('aria-label', `Map: ${TITLES[view.map]}, ${span}. ` +
      `${first.length > 0 ? `Highest: ${first.join(', ')}.` : 'No trips in this span.'} Arrow keys read the zones by amount, Enter filters to one.`);
  }
}
