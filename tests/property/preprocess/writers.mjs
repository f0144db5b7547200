// A month of invented trips, written in the ways that need no more than ./pipeline setup: by DuckDB as Parquet and CSV with its types, and as
// CSV with the spellings that pandas, Polars, pyarrow, Spark and spreadsheets have. preprocess must make the same events of each as of the
// plain file, whatever TZ is. The writers themselves, at pinned versions: tests/golden/preprocess/writers/run.
// Usage: node writers.mjs PROGRAM NODE_MODULES
import { createRequire } from 'node:module';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const [program, modules] = process.argv.slice(2);
if (!modules) {
    console.error('usage: node writers.mjs PROGRAM NODE_MODULES');
    process.exit(64);
}
if (!existsSync(join(modules, '@duckdb/node-api'))) {
    console.log(`SKIPPED: no ${modules} (./pipeline setup)`);
    process.exit(77);
}
const { DuckDBInstance } = createRequire(resolve(modules) + '/')('@duckdb/node-api');
const db = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
const trips = join(dirname(fileURLToPath(import.meta.url)), '../../golden/preprocess/writers/trips.py');
const work = mkdtempSync(join(tmpdir(), 'tlc-writers-'));
const zones = ['UTC', 'America/New_York', 'Asia/Tokyo', 'Australia/Lord_Howe', 'Pacific/Honolulu'];
const faults = [];
let compared = 0;

function events(files, tz = 'UTC', options = []) {
    const done = spawnSync(program, [...files, '--output', '-', '--quiet', ...options], { env: { ...process.env, TZ: tz }, maxBuffer: 1 << 28 });
    return { status: done.status, text: done.stdout.toString(), sha: createHash('sha256').update(done.stdout).digest('hex'), said: done.stderr.toString() };
}

// ---- the plain month: its texts, and the moments that preprocess found ----

function month(name) {
    const csv = spawnSync('python3', [trips, name]).stdout.toString();
    const plain = join(work, `yellow_tripdata_${name}.csv`);
    writeFileSync(plain, csv);
    const [header, ...rows] = csv.trimEnd().split('\n').map((line) => line.split(','));
    const { sha, text } = events([plain]);
    const at = rows.map(() => []);
    for (const e of text.trimEnd().split('\n').map((line) => JSON.parse(line))) at[e.TripID % 1e9 - 1][e.Status === 'end' ? 1 : 0] = e.Datetime;
    return { name, plain, header, rows, sha, at };
}

function compare(m, what, files, options, tzs = ['UTC']) {
    for (const tz of tzs) {
        const got = events(files, tz, options);
        compared++;
        if (got.status !== 0 || got.sha !== m.sha) faults.push(`${m.name}, ${what}, TZ=${tz}: exit ${got.status}, other events: ${got.said.slice(0, 300)}`);
    }
}

// ---- CSV, as others spell it ----

// at: "2024-11-03T01:10:00-05:00"; the same moment in UTC.
const utc = (at) => new Date(at).toISOString().slice(0, 19);
const us = (naive) => {
    const [, y, mo, d, h, mi, s] = naive.match(/(\d+)-(\d+)-(\d+) (\d+):(\d+):(\d+)/).map(Number);
    const two = (n) => String(n).padStart(2, '0');
    return { y, mo, d, clock12: `${two(h % 12 || 12)}:${two(mi)}:${two(s)} ${h < 12 ? 'AM' : 'PM'}`, clock: `${two(h)}:${two(mi)}:${two(s)}`, two };
};
const spellings = {
    'pandas, zoned': (naive, at) => at.replace('T', ' '),
    'DuckDB, zoned': (naive, at) => at.replace('T', ' ').slice(0, 22),
    'Polars and pyarrow, zoned': (naive, at) => at.replace('T', ' ').replace(/([-+]\d\d):/, '.000000$1'),
    'Spark, zoned': (naive, at) => at.slice(0, 19) + '.000' + at.slice(19),
    'Z': (naive, at) => utc(at) + 'Z',
    'BigQuery': (naive, at) => utc(at).replace('T', ' ') + ' UTC',
    'NYC Open Data': (naive) => { const t = us(naive); return `${t.two(t.mo)}/${t.two(t.d)}/${t.y} ${t.clock12}`; },
    'a spreadsheet, day first': (naive) => { const t = us(naive); return `${t.d}/${t.mo}/${t.y} ${t.clock}`; },
    'T between': (naive) => naive.replace(' ', 'T'),
    'nanoseconds, quoted': (naive) => `"${naive}.000000000"`,
};

function writeCsv(m, ending, { time = (naive) => naive, missing = '', separator = ',', lineEnd = '\n', header = (h) => h }) {
    const path = join(work, `yellow_tripdata_${m.name}_${ending}.csv`);
    const rows = m.rows.map((row, i) => row.map((cell, c) => c === 1 || c === 2 ? time(cell, m.at[i][c - 1]) : cell === '' ? missing : cell));
    writeFileSync(path, [header(m.header), ...rows].map((row) => row.join(separator) + lineEnd).join(''));
    return path;
}

function compareCsv(m) {
    for (const [what, time] of Object.entries(spellings)) compare(m, what, [writeCsv(m, 'time', { time })], [], what.includes('zoned') || what === 'Z' ? zones : ['UTC']);
    for (const missing of ['NA', 'None', '<NA>', 'N/A', '#N/A', 'NaT', 'nan', 'null', '\\N']) compare(m, `missing as ${missing}`, [writeCsv(m, 'missing', { missing })]);
    for (const [what, separator, lineEnd] of [['semicolons', ';', '\n'], ['TABs', '\t', '\r\n'], ['CR only', ',', '\r']]) compare(m, what, [writeCsv(m, 'marks', { separator, lineEnd })]);
    const camel = (h) => h.map((n) => n.replace(/_(\w)/g, (_, c) => c.toUpperCase()));
    const blanks = (h) => h.map((n) => ` ${n.replaceAll('_', ' ')} `);
    for (const header of [camel, blanks]) compare(m, 'names of others', [writeCsv(m, 'names', { header })]);
}

// ---- DuckDB's types ----

async function compareDuckdb(m) {
    const whole = ['VendorID', 'passenger_count', 'RatecodeID', 'PULocationID', 'DOLocationID', 'payment_type'];
    const amounts = ['trip_distance', 'fare_amount', 'tip_amount', 'total_amount'];
    const times = ['tpep_pickup_datetime', 'tpep_dropoff_datetime'];
    const moments = join(work, 'moments.csv');
    writeFileSync(moments, m.at.map((at) => at.join(',') + '\n').join(''));
    await db.run(`SET TimeZone = 'America/New_York'; create or replace table t as select row_number() over () n, * from read_csv('${m.plain}', header = true, all_varchar = true);
        create or replace table m as select row_number() over () n, a, b from read_csv('${moments}', header = false, columns = {'a': 'TIMESTAMPTZ', 'b': 'TIMESTAMPTZ'})`);
    const copy = async (what, file, { time = 'TIMESTAMP', int = 'INTEGER', real = 'DOUBLE', where = 'true', format = 'FORMAT parquet', tzs }) => {
        const path = join(work, file);
        mkdirSync(dirname(path), { recursive: true });
        const column = (c) => times.includes(c) ? (time === 'TIMESTAMPTZ' ? `m.${'ab'[times.indexOf(c)]} as "${c}"` : `"${c}"::${time} as "${c}"`)
            : whole.includes(c) ? `"${c}"::${int} as "${c}"` : amounts.includes(c) ? `"${c}"::${real} as "${c}"` : `"${c}"`;
        await db.run(`copy (select ${m.header.map(column).join(', ')} from t join m using (n) where ${where} order by n) to '${path}' (${format})`);
        if (what) compare(m, `DuckDB, ${what}`, [path], [], tzs);
        return path;
    };
    const file = `yellow_tripdata_${m.name}.parquet`;
    for (const time of ['TIMESTAMP', 'TIMESTAMP_S', 'TIMESTAMP_MS', 'TIMESTAMP_NS', 'VARCHAR']) await copy(time, file, { time });
    await copy('TIMESTAMPTZ', file, { time: 'TIMESTAMPTZ', tzs: zones });
    await copy('CSV with TIMESTAMPTZ', `yellow_tripdata_${m.name}_tz.csv`, { time: 'TIMESTAMPTZ', format: 'HEADER', tzs: zones });
    for (const int of ['SMALLINT', 'BIGINT', 'UBIGINT', 'HUGEINT', 'DOUBLE', 'FLOAT', 'VARCHAR', 'DECIMAL(9,1)']) await copy(int, file, { int });
    for (const real of ['FLOAT', 'DECIMAL(9,3)', 'DECIMAL(38,3)', 'VARCHAR']) await copy(real, file, { real });
    const pieces = [];
    for (let i = 0; i < 3; i++) pieces.push(await copy('', `pieces/yellow_tripdata_${m.name}.part-${i}.parquet`, { where: `(n - 1) // 400 = ${i}` }));
    compare(m, 'pieces', pieces.reverse());
    const [year, number] = m.name.split('-');
    compare(m, 'folders', [await copy('', `yellow/year=${year}/month=${Number(number)}/part-0.parquet`, {})]);
}

for (const name of ['2024-03', '2024-11']) {
    const m = month(name);
    compareCsv(m);
    await compareDuckdb(m);
}
rmSync(work, { recursive: true });
faults.forEach((f) => console.log(f));
console.log(`${compared} files give the events of the plain one, ${faults.length} faults`);
process.exit(faults.length > 0 || compared < 100 ? 1 : 0);
