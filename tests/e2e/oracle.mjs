// What the whole pipeline should show for a month file, computed by DuckDB from the file itself: shares no code with the C side.
// Usage: node oracle.mjs NODE_MODULES FILE YYYY-MM [CUTOFF]     CUTOFF: only events before that New York wall time
// Prints JSON: {rows, rejected, trips, starts, ends, day, figures, pickups, dropoffs, hours, ride_bins, longest, zones_all}.
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const [modules, file, month, cutoff] = process.argv.slice(2);
if (!month) {
    console.error('usage: node oracle.mjs NODE_MODULES FILE YYYY-MM [CUTOFF]');
    process.exit(64);
}
const { DuckDBInstance } = createRequire(resolve(modules) + '/')('@duckdb/node-api');
const db = await (await DuckDBInstance.create(':memory:')).connect();
const rows = async (sql) => (await db.runAndReadAll(sql)).getRowsJson().map((r) => r.map((v) => (/^-?[\d.]+$/.test(v) ? Number(v) : v)));
const one = async (sql) => (await rows(sql))[0];

const source = /\.parquet$/.test(file) ? `read_parquet('${file}', file_row_number = true)` : `read_csv('${file}', all_varchar = true, null_padding = true)`;
const names = (await rows(`describe select * from ${source}`)).map((r) => r[0]);
const column = (pattern) => names.find((n) => pattern.test(n));
const pickup = column(/pickup_datetime$/i), dropoff = column(/dropoff_datetime$/i);
const number = (pattern) => `try_cast("${column(pattern)}" as double)`;

// The zone of wall times: seconds as if UTC, so that this oracle needs no daylight-saving rule in a month without a change.
await db.run(`create table raw as select
    epoch(try_cast("${pickup}" as timestamp))::bigint s, epoch(try_cast("${dropoff}" as timestamp))::bigint e,
    coalesce(${number(/^PULocationID$/i)}, 264)::int pu, coalesce(${number(/^DOLocationID$/i)}, 264)::int dz,
    ${number(/^total_amount$/i)} total, ${number(/^fare_amount$/i)} fare, ${number(/^trip_distance$/i)} miles from ${source}`); // rowid: in the order of the file
await db.run(`create table trip as select raw.*, raw.rowid as row from raw, (select epoch(timestamp '${month}-01')::bigint a,
      epoch(timestamp '${month}-01' + interval 1 month)::bigint b)
    where s is not null and e is not null and e >= s and e - s <= 86400
      and s >= a - 86400 and s < b + 86400`);
const cut = cutoff ? (await one(`select epoch(timestamp '${cutoff}')::bigint`))[0] : 1e12;
await db.run(`create view starts as select s as t, pu as zone from trip where s < ${cut}`);
await db.run(`create view ends as select e as t, dz as zone, e - s as ride, total from trip where e < ${cut}`);
const [clock] = await one('select max(t) from (select t from starts union all select t from ends)');
const day = clock - (clock % 86400);

// New York's offset in the middle of the month, from the time zone data of node: wall + offset = seconds since the epoch.
const newYork = new Intl.DateTimeFormat('en-US', { timeZone: 'America/New_York', timeZoneName: 'longOffset' });
const [, hoursBehind] = /GMT-(\d+)/.exec(newYork.format(new Date(`${month}-15T12:00:00Z`)));
const offset = Number(hoursBehind) * 3600;

const n = async (sql) => (await one(sql))[0] ?? 0;
const top = (view, where) => rows(`select zone, count(*) n from ${view} where ${where} group by 1 order by n desc, zone limit 10`);
const bins = Array(13).fill(0);
for (const [bin, count] of await rows(`select least(ride // 300, 12), count(*) from ends where t >= ${day} group by 1`)) {
    bins[bin] = count;
}
console.log(JSON.stringify({
    rows: await n('select count(*) from raw'),
    trips: await n('select count(*) from trip'),
    starts: await n('select count(*) from starts'),
    ends: await n('select count(*) from ends'),
    clock_wall_s: clock,
    day_wall_s: day,
    figures: {
        clock_s: clock + offset,
        started: await n(`select count(*) from starts where t >= ${day}`),
        completed: await n(`select count(*) from ends where t >= ${day}`),
        under_way: (await n('select count(*) from starts')) - (await n('select count(*) from ends')),
        revenue_cents: await n(`select sum(round(total * 100))::bigint from ends where t >= ${day}`),
        // The page's median comes from bins of a minute.
        median_ride_s: { value: await n(`select quantile_disc(ride, 0.5) from ends where t >= ${day}`), within: 60 },
    },
    pickups: await top('starts', `t >= ${day}`),
    dropoffs: await top('ends', `t >= ${day}`),
    hours: await rows(`select h + ${offset}, (select count(*) from ends where t >= h and t < h + 3600), (select count(*) from starts where t >= h and t < h + 3600)
        from (select ${day} + 3600 * unnest(range(24)) h) where h <= ${clock} order by h`),
    ride_bins: bins,
    longest: await rows(`select s + ${offset}, pu from trip where s < ${cut} and e >= ${cut} order by s, row limit 10`),
    zones_all: {
        pickups: await rows('select zone, count(*) n from starts group by 1 order by 1'),
        dropoffs: await rows('select zone, count(*) n from ends group by 1 order by 1'),
    },
}));
