// A web server with bad habits, for fetch_month.sh: serves one file under paths that name the habit.
// Usage: node server.mjs FILE       prints its port; GET /log lists what was asked for; ends when its standard input does.

import {createServer} from 'node:http';
import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';

const bytes = readFileSync(process.argv[2]);
const edition2 = Buffer.from(bytes);
edition2[100] ^= 1;
const log = [];
const stamp = (body) => `"${createHash('sha256').update(body).digest('hex').slice(0, 16)}"`;

// The whole or the range asked for; cut: breaks off after so many bytes.
function send(request, reply, body, {ranges = true, cut = Infinity} = {}) {
  const from = ranges ? Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0) : 0;
  const part = body.subarray(from);
  reply.writeHead(from > 0 ? 206 : 200, {'Content-Length': part.length, ETag: stamp(body),
    ...(from > 0 ? {'Content-Range': `bytes ${from}-${body.length - 1}/${body.length}`} : {})});
  if (request.method === 'HEAD') {
    reply.end();
  } else if (part.length > cut) {
    reply.write(part.subarray(0, cut), () => reply.destroy());
  } else {
    reply.end(part);
  }
}

const half = Math.floor(bytes.length / 2);
const error = (reply, status) => reply.writeHead(status, {'Content-Length': 0}).end();
const habits = {
  good: (request, reply) => send(request, reply, bytes),
  breaks: (request, reply, gets) => send(request, reply, bytes, {cut: gets === 1 ? half : Infinity}),
  norange: (request, reply, gets) => send(request, reply, bytes, {ranges: false, cut: gets === 1 ? half : Infinity}),
  dead: (request, reply) => send(request, reply, bytes, {cut: 1000}),
  changes: (request, reply, gets) => send(request, reply, gets === 0 || (gets === 1 && request.method === 'GET') ? bytes : edition2, {cut: gets === 1 ? half : Infinity}),
  busy: (request, reply, gets) => request.method === 'GET' && gets < 3 ? error(reply, 503) : send(request, reply, bytes),
  missing: (request, reply) => error(reply, 404),
  forbidden: (request, reply) => error(reply, 403),
  nohead: (request, reply) => request.method === 'HEAD' ? error(reply, 405) : send(request, reply, bytes),
  page: (request, reply) => send(request, reply, Buffer.from('<!DOCTYPE html><html><body>Log in to the network</body></html>')),
  short: (request, reply) => send(request, reply, bytes.subarray(0, half)),
  // Holds the second half back until somebody asks for /release.
  waits: (request, reply) => {
    if (request.method === 'HEAD' || request.headers.range) {
      send(request, reply, bytes);
      return;
    }
    reply.writeHead(200, {'Content-Length': bytes.length, ETag: stamp(bytes)});
    reply.write(bytes.subarray(0, half));
    held.push(() => reply.end(bytes.subarray(half)));
  },
};
const held = [];

const server = createServer((request, reply) => {
  const [, habit] = request.url.split('/');
  if (habit === 'log') {
    reply.end(JSON.stringify(log));
  } else if (habit === 'release') {
    held.splice(0).forEach((go) => go());
    reply.end();
  } else if (habits[habit]) {
    log.push({habit, method: request.method, range: request.headers.range ?? null});
    habits[habit](request, reply, log.filter((l) => l.habit === habit && l.method === 'GET').length);
  } else {
    error(reply, 404);
  }
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.resume().on('end', () => process.exit(0));
