// The stream of summaries: first paint from /api/summary, then server-sent events; reconnects by itself.
// A view that the server refuses (a wrong value in the link) is not asked for again.
// Within a connection a message never takes the page back: one with a lower revision of the same store is left out.
// The summary that opens a connection is always taken: after a restart the server's store is the truth.

import {changed} from './delta.js';

const BACK_OFF_S = [1, 2, 4, 8, 15];

export class Feed {
  // onSummary(summary) for each newer summary; onState({state, retryInS, text}) for "catching", "live", "lost", "refused".
  // path: what is asked for first; stream: where it then is pushed, as events of that name.
  constructor(onSummary, onState, {path, stream, event} = {path: 'api/summary', stream: 'api/stream', event: 'summary'}) {
    Object.assign(this, {path, streamPath: stream, event});
    this.onSummary = onSummary;
    this.onState = onState;
    this.turn = 0;
    this.failures = 0;
  }

  // Starts anew with these filters; whatever is still under way for older ones is dropped.
  open(query) {
    this.query = query;
    this.stop();
    this.connect();
  }

  stop() {
    this.turn += 1;
    this.stream?.close();
    this.stream = null;
    clearTimeout(this.timer);
  }

  async connect() {
    this.stop();
    const turn = this.turn;
    this.last = null;
    this.onState({state: 'catching'});
    try {
      const reply = await fetch(`${this.path}?${this.query}`, {cache: 'no-store'});
      if (reply.status === 400) {
        this.onState({state: 'refused', text: (await reply.json()).error});
        return;
      }
      if (!reply.ok) {
        throw new Error(`summary: status ${reply.status}`);
      }
      const summary = await reply.json();
      if (turn === this.turn) {
        this.take(summary);
        this.listen(turn);
      }
    } catch {
      if (turn === this.turn) {
        this.lost(turn);
      }
    }
  }

  listen(turn) {
    const stream = new EventSource(`${this.streamPath}?${this.query}`);
    this.stream = stream;
    stream.addEventListener('open', () => {
      this.failures = 0;
      this.onState({state: 'live'});
    });
    let whole = {};
    const follow = (fresh) => {
      whole = fresh;
      if (turn === this.turn) {
        this.take(whole);
      }
    };
    stream.addEventListener(this.event, (message) => follow(JSON.parse(message.data)));
    stream.addEventListener('delta', (message) => follow(changed(whole, JSON.parse(message.data))));
    stream.addEventListener('error', () => {
      stream.close();
      if (turn === this.turn) {
        this.lost(turn);
      }
    });
  }

  take(summary) {
    const last = this.last;
    if (last && last.store_id === summary.store_id && summary.revision < last.revision) {
      return;
    }
    this.last = summary;
    this.onSummary(summary);
  }

  // EventSource's own retry says nothing about when; the state line should, so the waiting is done here.
  lost(turn) {
    let left = BACK_OFF_S[Math.min(this.failures, BACK_OFF_S.length - 1)];
    this.failures += 1;
    const tick = () => {
      if (turn !== this.turn) {
        return;
      }
      if (left === 0) {
        this.connect();
        return;
      }
      this.onState({state: 'lost', retryInS: left});
      left -= 1;
      this.timer = setTimeout(tick, 1000);
    };
    tick();
  }
}
