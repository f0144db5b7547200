// The blocks of docs/proxy.md, run as they stand: the pages below /taxi/ and at the root in real Chromium, streams that are not held back,
// who may write, and the systemd units. nginx; Caddy and HAProxy where they are.
// Usage: node proxy.mjs DASHBOARD_BINARY      (producer-server beside it)

import {spawn, spawnSync} from 'node:child_process';
import {chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import https from 'node:https';
import http from 'node:http';
import net from 'node:net';
import {createRequire} from 'node:module';
import {userInfo} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

import {Replay, expectPage, makeTrips, post} from '../../e2e/page/city.mjs';
import {Program} from './program.mjs';

const REPOSITORY = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const DEPS = process.env.TLC_DEPS ?? path.join(REPOSITORY, '.deps');
const CHROMIUM = process.env.TLC_CHROMIUM ?? '/usr/bin/chromium';
const OUT = path.join(process.env.TLC_TEST_OUT ?? path.join(REPOSITORY, 'tests/out'), 'proxy');
const FIRST_DAY_S = 1704085200;
const HOUR_S = 3600;
const SOURCE = 2202401;
const DEADLINE_MS = 20000;
const PATH = `${path.join(DEPS, 'bin')}:${process.env.PATH}:/usr/sbin`;
const binary = process.argv[2];

const place = (name) => PATH.split(':').map((folder) => path.join(folder, name)).find((file) => existsSync(file));
if (!place('nginx') || !existsSync(CHROMIUM) || !existsSync(path.join(DEPS, 'node_modules/playwright-core'))) {
  console.error(`SKIPPED: nginx is not in the PATH, no Chromium at ${CHROMIUM}, or no playwright-core in ${DEPS}; ./pipeline test brings them`);
  process.exit(77);
}
mkdirSync(OUT, {recursive: true});

let failed = 0;
let passed = 0;
function check(holds, words) {
  passed += holds ? 1 : 0;
  failed += holds ? 0 : 1;
  console.log(`${holds ? 'ok:' : 'FAILED'} ${words}`);
}

const doc = readFileSync(path.join(REPOSITORY, 'docs/proxy.md'), 'utf8');
const blocks = [...doc.matchAll(/^```([a-z]+) ?(.*)\n([^]*?)^```$/gm)].map(([, kind, name, text]) => ({kind, name, text}));
const blockOf = (kind) => blocks.find((block) => block.kind === kind).text;

const freePort = () => new Promise((done) => {
  const socket = net.createServer().listen(0, '127.0.0.1', () => {
    const {port} = socket.address();
    socket.close(() => done(port));
  });
});

async function waitFor(holds, what) {
  for (const deadline = Date.now() + DEADLINE_MS; !await holds();) {
    if (Date.now() > deadline) {
      throw new Error(`${what}: not within ${DEADLINE_MS} ms`);
    }
    await new Promise((done) => { setTimeout(done, 50); });
  }
}

function ask(url, {method = 'GET', headers = {}, body} = {}) {
  return new Promise((done, fail) => {
    const request = (url.startsWith('https') ? https : http).request(url, {method, headers, rejectUnauthorized: false}, (reply) => {
      let text = '';
      reply.on('data', (data) => { text += data; });
      reply.on('end', () => done({status: reply.statusCode, headers: reply.headers, text}));
    });
    request.on('error', fail);
    request.end(body);
  });
}

// ---------------------------------------------------------------- the proxies

const program = await new Program(binary, ['--vendor', path.join(DEPS, 'node_modules')]).start();
const children = [];
function run(name, file, options, env = {}) {
  const child = spawn(file, options, {stdio: ['ignore', 'pipe', 'pipe'], env: {...process.env, ...env}});
  child.said = '';
  child.stdout.on('data', (data) => { child.said += data; });
  child.stderr.on('data', (data) => { child.said += data; });
  child.over = new Promise((done) => { child.on('exit', done); });
  child.name = name;
  children.push(child);
  return child;
}

async function startServer() {
  const file = path.join(program.folder, 'token');
  writeFileSync(file, 'the-token\n');
  const port = await freePort();
  run('producer-server', path.join(path.dirname(binary), 'producer-server'), ['--listen', `127.0.0.1:${port}`, '--brokers', '127.0.0.1:1', '--token-file', file]);
  await waitFor(() => ask(`http://127.0.0.1:${port}/healthz`).then(({status}) => status === 200, () => false), 'producer-server');
  return port;
}

function makeCertificate() {
  const file = (name) => path.join(program.folder, name);
  const {status, stderr} = spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
    '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', file('key.pem'), '-out', file('cert.pem')]);
  if (status !== 0) {
    throw new Error(`openssl: ${stderr}`);
  }
  chmodSync(file('key.pem'), 0o644);
  writeFileSync(file('both.pem'), readFileSync(file('cert.pem'), 'utf8') + readFileSync(file('key.pem'), 'utf8'));
}

const serverPort = await startServer();
makeCertificate();
const ours = (text) => text.replaceAll('127.0.0.1:8090', `127.0.0.1:${program.port}`).replaceAll('127.0.0.1:8080', `127.0.0.1:${serverPort}`)
  .replaceAll('/etc/ssl/taxi', program.folder);
function config(name, text) {
  const file = path.join(program.folder, name);
  writeFileSync(file, text);
  return file;
}

// Each: the block of the page, and for nginx a second server that says nothing but proxy_pass.
const proxies = {
  async nginx() {
    const [secure, plain] = [await freePort(), await freePort()];
    const bare = `server { listen 127.0.0.1:${plain}; ${/location \/ \{ proxy_pass [^}]*\}/.exec(doc)[0]} }`;
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((what) => `${what}_temp_path ${program.folder}/nginx-${what};`).join(' ');
    // One process: a killed master would leave its worker behind.
    const file = config('nginx.conf', `${userInfo().uid === 0 ? 'user root root;' : ''} daemon off; master_process off; pid ${program.folder}/nginx.pid; error_log stderr; events {}
http { access_log off; ${temporary}
${ours(blockOf('nginx')).replace('listen 443', `listen 127.0.0.1:${secure}`)}
${ours(bare)}
}`);
    run('nginx', place('nginx'), ['-e', 'stderr', '-p', program.folder, '-c', file]);
    return {base: `https://localhost:${secure}/taxi`, root: `http://127.0.0.1:${plain}`};
  },
  async caddy() {
    const port = await freePort();
    const file = config('Caddyfile', `{\n admin off\n auto_https disable_redirects\n}\n${ours(blockOf('caddyfile')).replace('taxi.example.org', `localhost:${port}`)}`);
    run('caddy', place('caddy'), ['run', '--adapter', 'caddyfile', '--config', file], {HOME: program.folder, XDG_DATA_HOME: program.folder, XDG_CONFIG_HOME: program.folder});
    return {base: `https://localhost:${port}/taxi`};
  },
  async haproxy() {
    const port = await freePort();
    const file = config('haproxy.cfg', ours(blockOf('haproxy')).replace('bind :443', `bind 127.0.0.1:${port}`));
    run('haproxy', place('haproxy'), ['-db', '-f', file]);
    return {base: `https://localhost:${port}/taxi`};
  },
};

// ---------------------------------------------------------------- what must hold behind each

const trips = makeTrips({seed: 31, fromS: FIRST_DAY_S, days: 3, perDay: 700});
const replay = new Replay(trips, SOURCE);
let atS = FIRST_DAY_S + 2 * 24 * HOUR_S + 9 * HOUR_S;
const play = (stepS) => { atS += stepS; return post(program.base, replay.messageUntil(atS)); };

// A message comes before the next thing happens, not when a buffer is full or another one pushes it.
async function checkStream(name, base) {
  const seen = {text: '', headers: {}};
  const request = (base.startsWith('https') ? https : http).get(`${base}/api/stream`, {rejectUnauthorized: false, agent: false}, (reply) => {
    seen.headers = reply.headers;
    reply.on('data', (data) => { seen.text += data; });
    reply.on('error', () => {});
  });
  request.on('error', () => {});
  const events = () => seen.text.split('\n\n').length - 1;
  await waitFor(() => events() >= 1, `${name}: the first message of the stream`);
  for (let turn = 0; turn < 3; turn += 1) {
    const before = events();
    const since = Date.now();
    await play(900);
    await waitFor(() => events() > before, `${name}: a message of the stream`);
    check(Date.now() - since < 5000, `${name}: message ${turn + 1} comes through (${Date.now() - since} ms)`);
  }
  check(seen.headers['cache-control'] === 'no-cache, no-transform', `${name}: the stream's Cache-Control`);
  request.destroy();
}

function checkNumbers(name, base) {
  const file = config('expected.json', JSON.stringify(expectPage(trips, atS)));
  const {status} = spawnSync('node', [path.join(REPOSITORY, 'tests/e2e/page/page.mjs'), base, file, OUT, 'numbers', 'use', 'pipeline'], {stdio: 'inherit'});
  check(status === 0, `${name}: the pages in Chromium at ${new URL(base).pathname}`);
}

// From page to page by their links, and nothing asked for outside of the prefix.
async function checkLinks(browser, name, base) {
  const page = await browser.newPage({ignoreHTTPSErrors: true});
  const outside = [];
  const refused = [];
  page.on('request', (request) => { if (!request.url().startsWith(`${base}/`) && !request.url().startsWith('blob:')) { outside.push(request.url()); } });
  page.on('response', (reply) => { if (reply.status() >= 400 && !reply.url().endsWith('/zones.geojson')) { refused.push(`${reply.status()} ${reply.url()}`); } });
  await page.goto(`${base}/`);
  for (const [link, where, ready] of [['nav >> text=History', '/history', '#empty:not([hidden]), body[data-loaded]'],
    ['nav >> text=Pipeline', '/pipeline', '[data-figure="part"]'], ['a.brand', '/', '[data-figure="top_pickup"]']]) {
    await page.click(link);
    await page.waitForSelector(ready, {timeout: DEADLINE_MS});
    check(page.url() === base + where, `${name}: ${link} leads to ${where}: ${page.url()}`);
  }
  check(outside.length === 0, `${name}: nothing is asked for outside of the prefix: ${outside.slice(0, 3).join(' ')}`);
  check(refused.length === 0, `${name}: nothing is refused: ${refused.slice(0, 3).join(' ')}`);
  await page.close();
}

async function checkWho(name, base) {
  const slash = await ask(base);
  check([301, 302, 308].includes(slash.status) && new URL(slash.headers.location, base).pathname === '/taxi/', `${name}: /taxi is sent on to /taxi/`);
  const windows = await ask(`${base}/api/windows`, {method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{}'});
  check([403, 405].includes(windows.status), `${name}: nobody posts windows: ${windows.status}`);
  const events = (headers, n = 10) => ask(`${base}/trips`, {method: 'POST', headers: {'Content-Type': 'text/plain', ...headers}, body: '\n'.repeat(n)});
  const without = await events({});
  check(without.status === 401 && without.text.includes('valid token'), `${name}: events want the token: ${without.status}`);
  const withToken = await events({Authorization: 'Bearer the-token'}, 2 << 20);
  check(withToken.status === 503 && withToken.headers['retry-after'] >= 1 && withToken.text.includes('broker_unavailable'),
    `${name}: with it 2 MiB are taken as far as the broker, which is away: ${withToken.status}`);
  const close = await ask(`${base}/sources/2202401/close`, {method: 'POST', headers: {Authorization: 'Bearer the-token', 'Content-Length': 0}});
  check(close.status === 503 && close.text.includes('broker_unavailable'), `${name}: a source is closed through it: ${close.status}`);
}

// producer-client finds its way through the prefix, the certificate and the token.
async function checkClient(name, base) {
  const file = config('events.ndjson', '{"TripID":2202401000000001,"VendorID":2,"Datetime":"2024-01-01T00:12:34-05:00","Status":"start","ZoneID":74}\n');
  const client = run('producer-client', path.join(path.dirname(binary), 'producer-client'), [file, '--speed', 'max', '--url', base, '--token-file',
    path.join(program.folder, 'token'), '--ca-file', path.join(program.folder, 'cert.pem'), '--give-up', '1s', '--json']);
  const status = await client.over;
  check(status === 69 && client.said.includes('503'), `${name}: producer-client hears that the broker is away: ${status} ${client.said.replaceAll(/\s+/g, ' ').slice(0, 160)}`);
}

function checkUnits() {
  if (!place('systemd-analyze')) {
    console.error('SKIPPED in part: no systemd-analyze, the units were not looked at');
    return;
  }
  for (const {name, text} of blocks.filter(({kind}) => kind === 'systemd')) {
    const [, program_, options] = /^ExecStart=\/usr\/local\/bin\/(\S+)(.*)$/m.exec(text);
    const file = path.join(path.dirname(path.resolve(binary)), program_);
    const unit = config(name, text.replace(`/usr/local/bin/${program_}`, file).replace(/^User=.*/m, `User=${userInfo().username}`));
    const {status, stderr} = spawnSync('systemd-analyze', ['verify', '--man=no', '--recursive-errors=no', unit], {encoding: 'utf8'});
    check(status === 0 && stderr.trim() === '', `${name} is well formed ${stderr.trim()}`);
    const asked = spawnSync(file, [...options.trim().split(' '), '--print-config'], {encoding: 'utf8'});
    check(asked.status === 0, `${name}: its options are known ${asked.stderr}`);
  }
}

// ---------------------------------------------------------------- all of it

await play(0);
const {chromium} = createRequire(path.join(DEPS, 'package.json'))('playwright-core');
const browser = await chromium.launch({executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking']});
try {
  for (const [name, start] of Object.entries(proxies)) {
    if (!place(name)) {
      console.error(`SKIPPED in part: no ${name}, its block was not run`);
      continue;
    }
    const {base, root} = await start();
    await waitFor(() => ask(`${base}/healthz`).then(({status}) => status === 200, () => false), name);
    await checkWho(name, base);
    await checkStream(name, base);
    if (root) {
      await checkStream(`${name} with nothing but proxy_pass`, root);
      checkNumbers(name, root);
      await checkLinks(browser, `${name} at the root`, root);
    }
    await checkClient(name, base);
    checkNumbers(name, base);
    await checkLinks(browser, name, base);
  }
  checkUnits();
} catch (error) {
  check(false, `${error.message}\n${children.map((child) => child.said.slice(-400)).join('\n')}`);
} finally {
  await browser.close();
  for (const child of children) {
    child.kill('SIGKILL');
    await child.over;
  }
  await program.release();
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
