// What the dashboard costs: a year of windows in memory, and many open pages.
//
//   node load.mjs year BASE_URL [--windows-zones 120]     posts twelve months of windows, then times the queries
//   node load.mjs streams BASE_URL [--clients 2000] [--seconds 20]   opens streams while windows change, reads the server's CPU and memory
//
// Prints one JSON object. The server's own /status tells its CPU time and memory.

import net from 'node:net';

import {post, random} from './city.mjs';
import {feedYear, message, window} from './year.mjs';

const QUARTER_S = 900;
const [mode, base, ...rest] = process.argv.slice(2);
if (!['year', 'streams'].includes(mode) || !base) {
  console.error('usage: node load.mjs year|streams BASE_URL [--clients N] [--seconds N] [--windows-zones N]');
  process.exit(64);
}
const options = {clients: 2000, seconds: 20, 'windows-zones': 120};
for (let i = 0; i + 1 < rest.length; i += 2) {
  options[rest[i].replace(/^--/, '')] = Number(rest[i + 1]);
}
const status = async () => (await fetch(`${base}/status`)).json();

async function timeQueries() {
  const found = {};
  for (const query of ['', 'hours=week', 'hours=all', 'span=all', 'span=6h', 'dataset=yellow', 'source=1202406', 'zone=74', 'zone=74&span=all&hours=all']) {
    const times = [];
    let bytes = 0;
    for (let i = 0; i < 40; i += 1) {
      const before = (await status()).cpu_ns;
      const at = performance.now();
      const text = await (await fetch(`${base}/api/summary?${query}`, {headers: {'Accept-Encoding': 'identity'}})).text();
      times.push([performance.now() - at, ((await status()).cpu_ns - before) / 1e6]);
      bytes = text.length;
    }
    const median = (k) => times.map((t) => t[k]).sort((a, b) => a - b)[times.length >> 1];
    found[query || 'default'] = {wall_ms: Number(median(0).toFixed(2)), server_cpu_ms: Number(median(1).toFixed(2)), bytes};
  }
  return found;
}

function openStream(port, host, counts) {
  return new Promise((done, fail) => {
    const socket = net.connect(port, host, () => socket.write('GET /api/stream HTTP/1.1\r\nHost: dashboard\r\n\r\n'));
    socket.once('data', () => done(socket));
    socket.on('data', (data) => {
      counts.bytes += data.length;
      for (let at = data.indexOf('\nevent: '); at >= 0; at = data.indexOf('\nevent: ', at + 1)) {
        counts.messages += 1;
      }
    });
    socket.on('error', fail);
    socket.on('close', () => { counts.closed += 1; });
  });
}

async function runStreams() {
  const {hostname, port} = new URL(base);
  const counts = {messages: 0, bytes: 0, closed: 0};
  const idle = await status();
  const sockets = [];
  for (let i = 0; i < options.clients; i += 1) {
    sockets.push(await openStream(Number(port), hostname, counts));
  }
  const next = random(3);
  const {sources} = await (await fetch(`${base}/api/summary`)).json();
  const {source, max_event_s: newest} = sources[sources.length - 1] ?? {source: 1202412, max_event_s: Date.UTC(2024, 11, 31, 5) / 1000};
  const start = newest - newest % QUARTER_S + QUARTER_S;
  Object.assign(counts, {messages: 0, bytes: 0, closed: 0});
  const [before, at] = [await status(), performance.now()];
  for (let turn = 0; performance.now() - at < options.seconds * 1000; turn += 1) {
    await post(base, message([window(next, source, start, 2 ** 40 + turn, false, options['windows-zones'])], source, 2 ** 40 + turn, start + 899));
    await new Promise((done) => { setTimeout(done, 250); });
  }
  const [after, seconds] = [await status(), (performance.now() - at) / 1000];
  const closed = counts.closed;
  sockets.forEach((socket) => socket.destroy());
  return {clients: options.clients, seconds: Number(seconds.toFixed(1)), closed, messages_per_client_s: Number((counts.messages / options.clients / seconds).toFixed(2)),
    mb_per_s: Number((counts.bytes / 1e6 / seconds).toFixed(1)), server_cores: Number(((after.cpu_ns - before.cpu_ns) / 1e9 / seconds).toFixed(3)),
    rss_mib: Math.round(after.rss_bytes / 2 ** 20), rss_before_mib: Math.round(idle.rss_bytes / 2 ** 20)};
}

if (mode === 'year') {
  const at = performance.now();
  const posted = await feedYear(base, options['windows-zones']);
  const {rss_bytes: rss, cpu_ns: cpu} = await status();
  console.log(JSON.stringify({windows: posted, seconds: Math.round((performance.now() - at) / 1000), rss_mib: Math.round(rss / 2 ** 20),
    server_cpu_s: Number((cpu / 1e9).toFixed(1)), queries: await timeQueries()}, null, 1));
} else {
  console.log(JSON.stringify(await runStreams(), null, 1));
}
