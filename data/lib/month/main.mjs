// make-month: a synthetic month of trips, as large as wanted, in the columns of TLC's files. Options and formats: make-month --help
//
// Hour after hour, as TLC's files are sorted; within an hour in any order. One trip is in memory at a time. The same arguments give the
// same bytes, whatever the machine and the version of Node (a .gz may be packed differently by another zlib).

import {closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeFileSync, writeSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {createGzip} from 'node:zlib';
import {once} from 'node:events';
import {Calendar} from './calendar.mjs';
import {City} from './city.mjs';
import {Dirt} from './dirt.mjs';
import {Fhv, Fhvhv} from './hired.mjs';
import {makeRandom} from './random.mjs';
import {Taxi} from './taxi.mjs';
import {Text} from './text.mjs';
import {Drawer, makeTrip} from './trip.mjs';

const DATA = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const USAGE = 64, CANNOT_WRITE = 74;
const ROWS_MAX = 100_000_000, ROW_BYTES_MAX = 400, CHUNK = 1 << 20;
// Earlier months hold coordinates, not zones, even as published today.
const FIRST = {yellow: 201101, green: 201308, fhv: 201501, fhvhv: 201902};

const HELP = `make-month: makes a synthetic month of trips, for benchmarks and for machines without a network.

  data/make-month DATASET YYYY-MM ROWS [-o FILE] [--seed N] [--dirt known|none] [--facts FILE]
  data/make-month green 2024-01 60000
  data/make-month yellow 2024-03 5000000 --seed 7 -o /tmp/synthetic_yellow_tripdata_2024-03.csv.gz

DATASET        yellow, green, fhv or fhvhv
YYYY-MM        its month: tariff, columns and the days on which clocks change are of that time
ROWS           1 to 100 million; green cabs make some 60,000 a month, yellow ones 3 million, fhvhv 20 million
-o FILE        .csv or .csv.gz, its name beginning with synthetic_; a folder; or - for standard output
               (default: months/synthetic_DATASET_tripdata_YYYY-MM.csv beside this program)
--seed N       another month of the same kind (default 1)
--dirt known   odd rows as TLC's files have them, in known amounts (default); none: only sound rows
--facts FILE   where to write what is in the month, as JSON in the words of preprocess' manifest: rows, what will be rejected and flagged
               (default: standard error)

The month is made up: rush hours, weekends, nights, airports and fares look like the city, no trip of it ever took place. Whatever shows
it says so, by its name.
Exit status: 0; 64 usage; 74 cannot write.
`;

function die(code, words) {
  process.stderr.write(`make-month: ${words}\n`);
  process.exit(code);
}

function parse(args) {
  const options = {seed: '1', dirt: 'known'}, rest = [];
  const names = {'-o': 'output', '--output': 'output', '--seed': 'seed', '--dirt': 'dirt', '--facts': 'facts'};
  for (let i = 0; i < args.length; i++) {
    const [, option, value] = /^(--[a-z]+)=(.*)$/s.exec(args[i]) ?? [null, args[i], null];
    if (option === '--help' || option === '-h') {
      process.stdout.write(HELP);
      process.exit(0);
    } else if (names[option]) {
      options[names[option]] = value ?? args[++i] ?? die(USAGE, `${option} wants a value: see --help`);
    } else if (/^-./.test(option)) {
      die(USAGE, `no option ${option}: see --help`);
    } else {
      rest.push(option);
    }
  }
  return {...options, rest};
}

function settings(args) {
  const {rest, ...options} = parse(args), [dataset, month, rows] = rest;
  if (rest.length !== 3) {
    die(USAGE, `wants DATASET YYYY-MM ROWS, as in: data/make-month green 2024-01 60000 (see --help)`);
  }
  const first = Object.hasOwn(FIRST, dataset) ? FIRST[dataset] : die(USAGE, `no dataset "${dataset}": it is yellow, green, fhv or fhvhv`);
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(month)) {
    die(USAGE, `"${month}" is no month: write it as 2024-01`);
  }
  const yyyymm = Number(month.replace('-', ''));
  if (yyyymm < first || yyyymm > 206812) {
    die(USAGE, `${month}: ${dataset} months with zone ids are 2068-12 at most and ${Math.floor(first / 100)}-${String(first % 100).padStart(2, '0')} at least`);
  }
  const rowsN = /^\d+$/.test(rows) ? Number(rows) : NaN;
  if (!(rowsN >= 1 && rowsN <= ROWS_MAX)) {
    die(USAGE, `ROWS "${rows}": a whole number, 1 to ${ROWS_MAX}`);
  }
  if (!/^\d{1,15}$/.test(options.seed)) {
    die(USAGE, `--seed "${options.seed}": a whole number of up to 15 digits`);
  }
  if (!['known', 'none'].includes(options.dirt)) {
    die(USAGE, `--dirt "${options.dirt}": known or none`);
  }
  return {...options, dataset, month, yyyymm, rowsN, seed: Number(options.seed), output: outputOf(options.output, dataset, month)};
}

function outputOf(wanted, dataset, month) {
  const name = `synthetic_${dataset}_tripdata_${month}.csv`;
  if (wanted === '-') {
    return wanted;
  }
  const path = wanted ?? join(DATA, 'months', name);
  if (wanted !== undefined && (path.endsWith('/') || statSync(path, {throwIfNoEntry: false})?.isDirectory())) {
    return join(path, name);
  }
  if (!basename(path).startsWith('synthetic_')) {
    die(USAGE, `${path}: a made-up month says so in its name: ${join(dirname(path), name)}`);
  }
  if (!/\.csv(\.gz)?$/.test(path)) {
    die(USAGE, `${path}: its name ends with .csv or .csv.gz`);
  }
  return path;
}

// Where the bytes go: to a temporary file that gets its name at the end, packed or not, or to standard output.
class Output {
  constructor(path) {
    this.path = path;
    this.fd = 1;
    if (path !== '-') {
      // Not recursive: an output folder that is spelled wrong is not to be made.
      if (dirname(path) === join(DATA, 'months') && !existsSync(dirname(path))) {
        mkdirSync(dirname(path));
      }
      this.temp = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
      this.fd = openSync(this.temp, 'w');
    }
    if (path.endsWith('.gz')) {
      this.gzip = createGzip({level: 6});
      this.gzip.on('data', (bytes) => this.put(bytes));
    }
  }

  put(bytes) {
    for (let at = 0; at < bytes.length;) {
      try {
        at += writeSync(this.fd, bytes, at);
      } catch (error) {
        if (error.code !== 'EAGAIN') { // a pipe that is full and does not block: try again
          throw error;
        }
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      }
    }
  }

  async write(bytes) {
    if (!this.gzip) {
      this.put(bytes);
    } else if (!this.gzip.write(Buffer.from(bytes))) {
      await once(this.gzip, 'drain');
    }
  }

  async close() {
    if (this.gzip) {
      this.gzip.end();
      await once(this.gzip, 'end');
    }
    if (this.temp) {
      closeSync(this.fd);
      renameSync(this.temp, this.path);
      this.temp = null;
    }
  }

  discard() {
    if (this.temp) {
      rmSync(this.temp, {force: true});
    }
  }
}

class Progress {
  constructor(rowsN) {
    this.rowsN = rowsN;
    this.shown = process.stderr.isTTY === true;
    this.next = 0;
  }

  show(rows) {
    if (this.shown && rows >= this.next) {
      process.stderr.write(`\rmake-month: ${Math.floor(rows / this.rowsN * 100)} %`);
      this.next = rows + this.rowsN / 100;
    }
  }

  end() {
    if (this.shown) {
      process.stderr.write('\r\x1b[K');
    }
  }
}

async function make(s, output) {
  const random = makeRandom(s.seed), calendar = new Calendar(Math.floor(s.yyyymm / 100), s.yyyymm % 100);
  const city = new City(s.dataset, join(DATA, 'zones.csv'));
  const dataset = s.dataset === 'fhv' ? new Fhv(s.yyyymm, city, random)
    : s.dataset === 'fhvhv' ? new Fhvhv(s.yyyymm, city, random) : new Taxi(s.dataset, s.yyyymm, city, random);
  const drawer = new Drawer(city, calendar, random), dirt = new Dirt(s.dataset, s.rowsN, s.dirt === 'known');
  const text = new Text(CHUNK + ROW_BYTES_MAX, calendar.firstDay, calendar.daysN), progress = new Progress(s.rowsN);
  const trip = makeTrip();
  let rows = 0;
  text.ascii(`${dataset.columns.join()}\n`);
  for (const hour of calendar.hours(dataset.hours, s.rowsN)) {
    const tables = city.at(hour.hour, hour.weekend);
    for (let i = 0; i < hour.rows; i++) {
      drawer.trip(trip, hour, tables);
      dataset.draw(trip);
      dirt.touch(trip, random, calendar);
      dataset.write(text, trip, calendar);
      if (text.n >= CHUNK) {
        await output.write(text.bytes.subarray(0, text.n));
        text.n = 0;
      }
    }
    rows += hour.rows;
    progress.show(rows);
  }
  await output.write(text.bytes.subarray(0, text.n));
  await output.close();
  progress.end();
  return {synthetic: true, dataset: s.dataset, month: s.month, seed: s.seed, ...dirt.facts(s.rowsN)};
}

const s = settings(process.argv.slice(2));
let output;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    output?.discard();
    process.exit(signal === 'SIGINT' ? 130 : 143);
  });
}
try {
  output = new Output(s.output);
  const facts = await make(s, output);
  if (s.facts) {
    writeFileSync(s.facts, `${JSON.stringify(facts, null, 2)}\n`);
  } else {
    process.stderr.write(`${JSON.stringify(facts)}\n`);
  }
  if (s.output !== '-') {
    process.stdout.write(`${s.output}\n`);
  }
} catch (error) {
  output?.discard();
  if (error.code === 'EPIPE') {
    process.exit(0); // the reader has enough
  }
  die(CANNOT_WRITE, `${error.path ?? s.output}: cannot be written: ${error.message}`);
}
