// Node's fetch: lines as text, a stream (chunked), an array by JSON.stringify, gzip.
import {readFileSync} from 'node:fs';
import {Readable} from 'node:stream';
import {gzipSync} from 'node:zlib';

const url = `${process.argv[2]}/trips`;
const lines = readFileSync(process.argv[3], 'utf8');
const events = lines.trim().split('\n').map((line) => JSON.parse(line));

async function send(how, options) {
  const reply = await fetch(url, {method: 'POST', ...options});
  console.log(`${how}: ${reply.status} ${(await reply.text()).trim()}`);
}

console.log('version', process.versions.node);
await send('lines', {body: lines}); // a string is text/plain
await send('lines, chunked', {body: Readable.toWeb(Readable.from([lines])), duplex: 'half', headers: {'Content-Type': 'application/x-ndjson'}});
await send('array', {body: JSON.stringify(events), headers: {'Content-Type': 'application/json'}});
await send('gzip', {body: gzipSync(lines), headers: {'Content-Type': 'application/x-ndjson', 'Content-Encoding': 'gzip'}});
