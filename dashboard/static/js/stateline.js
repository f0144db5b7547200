// The line of state: event clock, what is replayed, speed, rate, and how the connection stands.

import {byId, setData, setText} from './dom.js';
import {clock, count, decimal, sourceName} from './format.js';

const QUIET_MS = 3000;

const wallTime = (ms) => new Date(ms).toLocaleTimeString('en-GB');

export class StateLine {
  constructor() {
    this.state = {state: 'catching'};
    this.pausedAt = 0;
    setInterval(() => this.drawConnection(), 1000);
  }

  take(summary) {
    this.summary = summary;
    this.dataAt = Date.now() - (summary.idle_ms ?? 0);
  }

  connection(state) {
    this.state = state;
    this.drawConnection();
  }

  togglePause() {
    this.pausedAt = this.pausedAt === 0 ? Date.now() : 0;
    this.drawConnection();
    return this.pausedAt !== 0;
  }

  draw() {
    const {summary} = this;
    const time = byId('clock');
    setData(time, summary.clock_s);
    setText(time, summary.have_data ? clock(summary.clock_s) : '–');
    setText(byId('replaying'), sources(summary.sources));
    byId('replaying').title = summary.sources.map((s) => sourceName(s.text)).join('; ');
    const quiet = this.quiet();
    setData(byId('speed'), summary.speed);
    setData(byId('rate'), summary.event_rate);
    setText(byId('speed'), !summary.have_data ? '–' : quiet ? 'at rest' : `${summary.speed < 10 ? decimal(summary.speed) : count(summary.speed)} ×`);
    setText(byId('rate'), `${count(quiet ? 0 : summary.event_rate)} events/s`);
    this.drawConnection();
  }

  quiet() {
    return Boolean(this.summary) && Date.now() - this.dataAt > QUIET_MS;
  }

  drawConnection() {
    const [state, text] = this.words();
    byId('connection').dataset.state = state;
    setText(byId('connection-text'), text);
    if (this.state.state === 'lost') {
      setText(byId('speed'), '–'); // nobody knows
      setText(byId('rate'), '–');
    } else if (this.summary?.have_data && this.quiet() && this.pausedAt === 0) {
      setText(byId('speed'), 'at rest');
      setText(byId('rate'), '0 events/s');
    }
  }

  words() {
    if (this.state.state === 'lost') {
      return ['lost', `lost, retrying in ${this.state.retryInS} s`];
    }
    if (this.state.state === 'refused') {
      return ['lost', `this view cannot be shown: ${this.state.text}`];
    }
    if (this.pausedAt !== 0) {
      return ['paused', `paused at ${wallTime(this.pausedAt)}`];
    }
    if (this.state.state === 'catching' || !this.summary) {
      return ['catching', 'catching up'];
    }
    if (!this.summary.have_data) {
      return ['live', 'live, waiting for data'];
    }
    if (this.quiet()) {
      const complete = this.summary.sources.length > 0 && this.summary.sources.every((s) => s.final);
      return ['live', `${complete ? 'complete' : 'live, quiet'} since ${wallTime(this.dataAt)}`];
    }
    return ['live', `live, ${decimal((Date.now() - this.dataAt) / 1000)} s behind`];
  }
}

function sources(list) {
  if (list.length === 0) {
    return 'nothing yet';
  }
  return list.length <= 2 ? list.map((s) => sourceName(s.text)).join('; ') : `${sourceName(list[0].text)} and ${list.length - 1} more`;
}
