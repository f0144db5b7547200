// Every real file of the shared set goes through preprocess without being told what it is, and each event is compared with what DuckDB makes of
// the same file: a second implementation in SQL, which shares no code and no parser with the first.
// Usage: node real_files.mjs PROGRAM NODE_MODULES SHARED_TLC [WORD]     WORD: only files whose path holds it
// Checks of every file: rows read = MANIFEST.tsv's; rows of dirt = the table in its README.md; events = DuckDB's, both ways.
import { createRequire } from 'node:module';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';

const [program, modules, shared, word = ''] = process.argv.slice(2);
if (!shared) {
    console.error('usage: node real_files.mjs PROGRAM NODE_MODULES SHARED_TLC [WORD]');
    process.exit(64);
}
if (!existsSync(join(shared, 'MANIFEST.tsv')) || !existsSync(join(modules, '@duckdb/node-api'))) {
    console.log(`SKIPPED: no ${join(shared, 'MANIFEST.tsv')} (TLC_SHARED names its folder) or no ${modules} (./pipeline setup)`);
    process.exit(77);
}
const { DuckDBInstance } = createRequire(resolve(modules) + '/')('@duckdb/node-api');
// One thread keeps lines in the order of the file.
const db = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
const rows = async (sql) => (await db.runAndReadAll(sql)).getRowsJson();
const one = async (sql) => Number((await rows(sql))[0][0]);
const work = mkdtempSync(join(tmpdir(), 'tlc-real-'));

// ---- the second implementation ----

const quoted = (name) => `"${name.replaceAll('"', '""')}"`;
// Column -> pattern of its name, letters and digits in lower case.
const patterns = {
    pickup: /^(trip|tpep|lpep)?pickup(date|datetime)$/, dropoff: /^(trip|tpep|lpep)?dropoffdatetime$/,
    pu: /^(pu|pickup)?locationid$/, dz: /^(do|dropoff)locationid$/,
    plon: /^(startlon|pickuplongitude)$/, plat: /^(startlat|pickuplatitude)$/, dlon: /^(endlon|dropofflongitude)$/, dlat: /^(endlat|dropofflatitude)$/,
    vendor: /^vendor(id|name)$/, hvfhs: /^hvfhslicensenum$/, base: /^dispatchingbasenum$/, base2: /^dispatchingbasenumber$/,
    passengers: /^passengercount$/, distance: /^trip(distance|miles)$/, payment: /^paymenttype$/,
    fare: /^(fareamt|fareamount|basepassengerfare)$/, tip: /^(tipamt|tipamount|tips)$/, total: /^total(amt|amount)$/,
};
const find = (names) => Object.fromEntries(Object.entries(patterns).map(([column, pattern]) =>
    [column, names.findIndex((n) => pattern.test(n.toLowerCase().replace(/[^a-z0-9]/g, '')))]));

// The file as text columns c0..., numbered from 1; fits: the row has the fields that the header names.
async function loadCsv(text) {
    const path = join(work, 'lines.csv');
    const lines = text.split('\n');
    const names = lines[0].replace(/\r$/, '').split(',').map((n) => n.replaceAll('"', '').trim());
    while (names.at(-1) === '') names.pop();
    writeFileSync(path, lines.slice(1).map((l) => l.replace(/\r$/, '')).filter((l) => l.trim() !== '').join('\n') + '\n');
    await db.run(`create or replace table raw as select row_number() over () as n, string_split(replace(line, '"', ''), ',') as f
        from read_csv('${path}', columns = {'line': 'VARCHAR'}, delim = '\x01', quote = '', escape = '', header = false, auto_detect = false)`);
    const columns = find(names);
    const cell = Object.entries(columns).map(([c, i]) => `${i < 0 ? 'NULL::varchar' : `nullif(trim(f[${i + 1}]), '')`} as ${c}`);
    await db.run(`create or replace table cells as select n, len(f) >= ${names.length} and
        trim(array_to_string(f[${names.length + 1}:], '')) = '' as fits, ${cell} from raw`);
    return columns;
}

async function loadParquet(path) {
    const names = (await rows(`describe select * from read_parquet('${path}')`)).map((r) => r[0]);
    const columns = find(names);
    const cell = Object.entries(columns).map(([c, i]) => `${i < 0 ? 'NULL::varchar' : `nullif(trim(${quoted(names[i])}::varchar), '')`} as ${c}`);
    await db.run(`create or replace table cells as select file_row_number + 1 as n, true as fits, ${cell}
        from read_parquet('${path}', file_row_number = true)`);
    return columns;
}

const hundredth = (c) => `round(try_cast(${c} as decimal(38, 18)), 2)::decimal(20, 2)`;
const millionth = (c) => `round(try_cast(${c} as decimal(38, 18)), 6)::decimal(20, 6)`;
const whole = (c) => `case when try_cast(${c} as double) = floor(try_cast(${c} as double)) then try_cast(${c} as double)::bigint end`;
const digits = (c) => `try_cast(regexp_extract(${c}, '[0-9]+$') as bigint)`;
const payments = { credit: 1, cre: 1, crd: 1, cash: 2, cas: 2, csh: 2, 'no charge': 3, no: 3, noc: 3, dispute: 4, dis: 4, unknown: 5, unk: 5 };

async function expectedEvents(columns, dataset, source, month) {
    const zones = columns.pu >= 0 && columns.dz >= 0, points = columns.plon >= 0 && !zones;
    const zone = (c) => `case when ${whole(c)} between 1 and 265 then ${whole(c)} else 264 end`;
    const place = (lon, lat, x) => points ? `case when ${lon} <> 0 and ${lat} <> 0 and abs(${lon}) <= 180 and abs(${lat}) <= 90 then ${x} end` : 'NULL';
    const text = (c, map) => `case lower(${c}) ${Object.entries(map).map(([k, v]) => `when '${k}' then ${v}`).join(' ')} end`;
    await db.run(`create or replace table typed as select n, fits,
        epoch(date_trunc('second', try_cast(pickup as timestamp)))::bigint s, epoch(date_trunc('second', try_cast(dropoff as timestamp)))::bigint e,
        dropoff is null as endless, ${zones ? '(pu is not null and try_cast(pu as double) is null) or (dz is not null and try_cast(dz as double) is null)' : 'false'} as bad_zone,
        ${zone('pu')} pu, ${zone('dz')} dz, ${['plon', 'plat', 'dlon', 'dlat'].map((c) => `${millionth(c)} ${c}`)},
        coalesce(${digits('hvfhs')}, case when ${whole('vendor')} >= 0 then ${whole('vendor')} end, ${text('vendor', { cmt: 1, vts: 2, dds: 3 })}, ${digits('base')}, ${digits('base2')}, 0) vendor,
        case when ${whole('passengers')} between 0 and 255 then ${whole('passengers')} end passengers,
        coalesce(case when ${whole('payment')} between 0 and 6 then ${whole('payment')} end, ${text('payment', payments)}) payment,
        ${['distance', 'fare', 'tip', 'total'].map((c) => `${hundredth(c)} ${c}`)} from cells`);
    const span = month ? `s >= epoch(timestamp '${month}-01') - 86400 and s < epoch(timestamp '${month}-01' + interval 1 month) + 86400` : 'true';
    const startOnly = dataset === 'fhv' ? '(endless and s is not null)' : 'false';
    await db.run(`create or replace table trip as select * from typed where fits and not bad_zone and ${span} and
        (${startOnly} or (s is not null and e is not null and e >= s and e - s <= 86400))`);
    const id = `${source}::bigint * 1000000000 + n`;
    await db.run(`create or replace table expected as
        select ${id} as id, vendor, s as t, 'start' as status, pu as zone, ${place('plon', 'plat', 'plon')} as lon, ${place('plon', 'plat', 'plat')} as lat, passengers,
            NULL::decimal(20, 2) as distance, NULL::bigint as payment, NULL::decimal(20, 2) as fare, NULL::decimal(20, 2) as tip, NULL::decimal(20, 2) as total from trip
        union all
        select ${id}, vendor, e, 'end', dz, ${place('dlon', 'dlat', 'dlon')}, ${place('dlon', 'dlat', 'dlat')}, NULL, distance, payment, fare, tip, total from trip where e is not null`);
}

async function actualEvents(path) {
    await db.run(`create or replace table actual as select "TripID" id, "VendorID" vendor, epoch(left("Datetime", 19)::timestamp)::bigint t, "Status" status, "ZoneID" as zone,
        "Longitude" lon, "Latitude" lat, "PassengerCount" passengers, "TripDistance" distance, "PaymentType" payment, "FareAmount" fare, "TipAmount" tip, "TotalAmount" total
        from read_json('${path}', format = 'newline_delimited', columns = {TripID: 'BIGINT', VendorID: 'BIGINT', Datetime: 'VARCHAR', Status: 'VARCHAR', ZoneID: 'BIGINT',
            Longitude: 'DECIMAL(20,6)', Latitude: 'DECIMAL(20,6)', PassengerCount: 'BIGINT', TripDistance: 'DECIMAL(20,2)', PaymentType: 'BIGINT',
            FareAmount: 'DECIMAL(20,2)', TipAmount: 'DECIMAL(20,2)', TotalAmount: 'DECIMAL(20,2)'})`);
}

// ---- zones of points, by asking every polygon ----

function loadPolygons(path) {
    return JSON.parse(gunzipSync(readFileSync(path)).toString()).features.flatMap(({ properties, geometry }) =>
        (geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates).map((rings) => {
            const xs = rings[0].map((p) => p[0]), ys = rings[0].map((p) => p[1]);
            return { zone: Number(properties.LocationID ?? properties.locationid ?? properties.location_id), rings,
                box: [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)] };
        })).sort((a, b) => a.zone - b.zone);
}
function inside(rings, x, y) {
    let odd = false;
    for (const ring of rings) {
        for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
            const [x1, y1] = ring[i], [x2, y2] = ring[j];
            if ((y1 > y) !== (y2 > y) && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) odd = !odd;
        }
    }
    return odd;
}
const zoneOf = (polygons, x, y) =>
    polygons.find(({ rings, box }) => x >= box[0] && x <= box[2] && y >= box[1] && y <= box[3] && inside(rings, x, y))?.zone ?? 265;

const shapes = join(shared, 'zones/taxi_zones.geojson.gz');
let points = 0;
function checkZones(input, fault) {
    const events = execFileSync(program, [input, '--output', '-', '--quiet', '--zones', shapes], { maxBuffer: 1 << 28 }).toString().trim().split('\n').map(JSON.parse);
    for (const e of events) {
        const expected = e.Longitude === undefined ? 264 : zoneOf(polygons, e.Longitude, e.Latitude);
        if (e.ZoneID !== expected && Math.abs(e.Longitude) <= 180) fault(`zone ${e.ZoneID} at ${e.Longitude} ${e.Latitude}, expected ${expected}`);
        points += e.Longitude !== undefined;
    }
}
const polygons = loadPolygons(shapes);

// Days on which the clock changes are left to the unit tests: SQL has wall times only.
const sundays = `select d from (select unnest(generate_series(date '2009-01-01', date '2025-12-31', interval 1 day))::date d)
    where dayofweek(d) = 0 and ((month(d) = 3 and day(d) between 8 and 14) or (month(d) = 11 and day(d) between 1 and 7))`;
await db.run(`create table change as ${sundays}`);
const unchanged = (table) => `select * from ${table} where id not in
    (select id from ${table} where make_timestamp(t * 1000000)::date in (select d from change))`;

// ---- the table of dirt in the README: counts that must show up under our rules ----

const rules = [
    [/^passenger_count empty: (\d+)/, 'no_passengers'], [/^passenger_count = 0: (\d+)/, 'zero_passengers'], [/^trip_distance = 0: (\d+)/, 'zero_distance'],
    [/^fare < 0: (\d+)/, 'negative_fare'], [/^total < 0: (\d+)/, 'negative_total'], [/^fare > 500: (\d+)/, 'high_fare'], [/^total > 500: (\d+)/, 'high_total'],
    [/^trip >= 6 h: (\d+)/, 'long'], [/^dropoff = pickup: (\d+)/, 'same_time'], [/^dropoff before pickup: (\d+)/, 'end_before_start'],
    [/^trip_distance > 100 mi: (\d+)/, 'far'], [/^trip_distance < 0: (\d+)/, 'negative_distance'], [/^zero coordinate \(pickup or dropoff\): (\d+)/, 'zero_point'],
];
function dirt() {
    const found = {};
    for (const line of readFileSync(join(shared, 'README.md'), 'utf8').split('\n')) {
        const [, file, counts] = line.match(/^\| `((?:samples|parquet)\/[^`]+)` \| ((?:[^|]*: \d+(?:; )?)+) \|$/) ?? [];
        if (file) {
            found[file] = counts.split('; ').flatMap((c) => rules.flatMap(([pattern, rule]) => pattern.test(c) ? [[rule, Number(c.match(pattern)[1])]] : []));
        }
    }
    return found;
}

// ---- one file after the other ----

const faults = [];
const expectedDirt = dirt();
let events = 0, files = 0, dirtCounts = 0;
for (const line of readFileSync(join(shared, 'MANIFEST.tsv'), 'utf8').trim().split('\n').slice(1)) {
    const cols = line.split('\t'), file = cols[0];
    if (!/^(heads100|heads1k|samples|parquet)\//.test(file) || !file.includes(word)) continue;
    let input = join(shared, file);
    const parquet = file.endsWith('.parquet');
    let text = parquet ? '' : (file.endsWith('.gz') ? gunzipSync(readFileSync(input)) : readFileSync(input)).toString();
    let rowsExpected = Number(cols[5]);
    if (file.startsWith('heads1k/')) { // its last row is cut off, unless the cut fell between two rows
        rowsExpected += text.endsWith('\n') ? 1 : 0;
        text = text.slice(0, text.lastIndexOf('\n') + 1);
        input = join(work, basename(file));
        writeFileSync(input, text);
    }
    const fault = (what) => faults.push(`${file}: ${what}`);
    try {
        execFileSync(program, [input, '--output', work, '--force', '--quiet', '--zones', 'none'], { stdio: ['ignore', 'inherit', 'pipe'] });
    } catch (e) {
        fault(e.stderr?.toString().trim() || e.message);
        continue;
    }
    const manifest = JSON.parse(readFileSync(join(work, 'manifest.json'), 'utf8'));
    const { dataset, source, month } = manifest.inputs[0];
    if (manifest.rows_read !== rowsExpected) fault(`${manifest.rows_read} rows read, ${rowsExpected} by MANIFEST.tsv`);
    if (manifest.rows_read !== manifest.rows_rejected + manifest.trips) fault('rows read are not rejected + trips');
    for (const [rule, count] of expectedDirt[file] ?? []) {
        const got = (manifest.flagged[rule] ?? 0) + (manifest.flagged_rejected[rule] ?? 0) + (manifest.rejected[rule] ?? 0);
        if (got !== count) fault(`${rule}: ${got}, ${count} in README.md`);
        dirtCounts++;
    }
    const columns = parquet ? await loadParquet(input) : await loadCsv(text);
    await expectedEvents(columns, dataset, source, month);
    await actualEvents(join(work, 'events.ndjson'));
    const missing = await rows(`${unchanged('expected')} except all ${unchanged('actual')} order by id limit 3`);
    const surplus = await rows(`${unchanged('actual')} except all ${unchanged('expected')} order by id limit 3`);
    if (missing.length + surplus.length > 0) fault(`events differ\n  DuckDB: ${JSON.stringify(missing)}\n  ours:   ${JSON.stringify(surplus)}`);
    if (columns.plon >= 0 && columns.pu < 0) checkZones(input, fault);
    events += await one(`select count(*) from (${unchanged('actual')})`);
    files++;
}
rmSync(work, { recursive: true });
faults.forEach((f) => console.log(f));
console.log(`${files} files, ${events} events equal to DuckDB's, ${points} points in their zones, ${dirtCounts} counts of dirt checked, ${faults.length} faults`);
process.exit(faults.length > 0 || files === 0 ? 1 : 0);
