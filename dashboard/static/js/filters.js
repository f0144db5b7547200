// The three filters. Sources once seen stay offered, since a filtered summary names only its own.

import {byId, node} from './dom.js';
import {sourceName} from './format.js';
import {change, onChange, view} from './view.js';

export const option = (value, text) => node('option', {value}, text);

export function fillZones(field, zones) {
  const groups = new Map();
  for (const zone of [...zones.all].sort((a, b) => a.name.localeCompare(b.name))) {
    if (!groups.has(zone.borough)) {
      groups.set(zone.borough, node('optgroup', {label: zone.borough}));
    }
    groups.get(zone.borough).append(option(zone.id, zone.name));
  }
  const inOrder = [...groups].sort(([a], [b]) => a.localeCompare(b)).map(([, group]) => group);
  field.replaceChildren(option('', 'All zones'), ...inOrder);
  field.value = view.zone;
}

export class Filters {
  constructor(zones) {
    this.sources = new Map();
    this.fields = {dataset: byId('dataset'), source: byId('source'), zone: byId('zone')};
    fillZones(this.fields.zone, zones);
    this.fillSources();
    for (const [name, field] of Object.entries(this.fields)) {
      field.addEventListener('change', () => change(name === 'dataset' ? {dataset: field.value, source: ''} : {[name]: field.value}));
    }
    onChange(() => this.fillSources());
    this.learn();
  }

  // A page opened by a filtered link asks once for what else there is.
  async learn() {
    if (view.dataset === '' && view.source === '') {
      return;
    }
    try {
      this.take(await (await fetch('api/summary')).json());
    } catch {
      // The feed shows that the connection is lost; the filter keeps what it knows.
    }
  }

  take({sources}) {
    const before = this.sources.size;
    for (const {source, text} of sources) {
      this.sources.set(String(source), text);
    }
    if (this.sources.size !== before) {
      this.fillSources();
    }
  }

  fillSources() {
    const dataset = (text) => text.split(' ')[0];
    const datasets = new Set([...this.sources.values()].map(dataset));
    if (view.dataset !== '') {
      datasets.add(view.dataset);
    }
    const offered = new Map([...this.sources].filter(([, text]) => view.dataset === '' || dataset(text) === view.dataset));
    if (view.source !== '' && !offered.has(view.source)) {
      offered.set(view.source, `source ${view.source}`);
    }
    this.fields.dataset.replaceChildren(option('', 'All datasets'), ...[...datasets].sort().map((name) => option(name, name)));
    this.fields.source.replaceChildren(option('', 'All months'), ...[...offered].sort().map(([id, text]) => option(id, sourceName(text))));
    for (const [name, field] of Object.entries(this.fields)) {
      field.value = view[name];
    }
  }
}
