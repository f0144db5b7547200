// A receiver of windows as docs/windows.md has it, in memory, for tests of consumer-process.
//
// Usage: node windows_receiver.mjs PORT_FILE
// Writes "PORT CONTROL_PORT" to PORT_FILE. PORT takes POST /api/windows. CONTROL_PORT is asked by the test:
//   /away /back      stop listening, and listen again on the same port
//   /lose NAME       forget everything and be the store NAME from now on
//   /dump            every window, a line each, in order
//   /summed          every window summed over partitions, a line each, in order, without what names partitions and offsets
//   /sums            sums over all windows and totals, as JSON
import { createServer } from 'node:http';
import { renameSync, writeFileSync } from 'node:fs';

let store = 'store-1';
let windows = new Map();
let totals = new Map();
let posts = 0;
let finalChanged = 0;

function take(message) {
    for (const w of message.windows) {
        const key = `${w.source}/${w.start}/${w.partition}`;
        const had = windows.get(key);
        if (had?.final) {
            // The same revision again must be the same bytes; a higher one is a second life of its source.
            if (had.revision === w.revision && JSON.stringify(had) !== JSON.stringify(w)) finalChanged++;
            continue;
        }
        if (!had || had.revision < w.revision) windows.set(key, w);
    }
    for (const t of message.partitions) {
        const key = `${t.source}/${t.partition}`;
        if (!totals.has(key) || totals.get(key).position < t.position) totals.set(key, t);
    }
}

const server = createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
        posts++;
        const message = JSON.parse(Buffer.concat(parts).toString());
        take(message);
        response.setHeader('Content-Type', 'application/json');
        response.end(JSON.stringify({ store_id: store, accepted: message.windows.length, superseded: 0 }));
    });
});

function dump() {
    const order = (a, b) => a.source - b.source || a.start - b.start || a.partition - b.partition;
    return [...windows.values()].sort(order).map((w) => JSON.stringify(w) + '\n').join('');
}

const plainSums = ['matched', 'orphan_ends', 'expired_starts', 'duplicates', 'passengers', 'distance_cmi', 'fare_cents',
    'tip_cents', 'total_cents', 'ride_s'];

// Rows of [key..., number...] into a map from the key to the sums.
function addRows(map, rows, keys) {
    for (const row of rows) {
        const key = row.slice(0, keys).map((n) => String(n).padStart(3, '0')).join('-');
        const had = map.get(key) ?? row.slice(keys).map(() => 0);
        map.set(key, had.map((n, i) => n + row[keys + i]));
    }
}

function summed() {
    const all = new Map();
    for (const w of windows.values()) {
        const key = `${w.source}/${w.start}`;
        const sum = all.get(key) ?? { key, final: true, numbers: plainSums.map(() => 0), starts: new Map(), ends: new Map(),
            routes: new Map(), bins: new Map() };
        all.set(key, sum);
        sum.final &&= w.final;
        sum.numbers = sum.numbers.map((n, i) => n + w[plainSums[i]]);
        addRows(sum.starts, w.starts, 1);
        addRows(sum.ends, w.ends, 1);
        addRows(sum.routes, w.routes, 2);
        addRows(sum.bins, w.ride_bins.map((n, i) => [i, n]), 1);
    }
    const rows = (map) => [...map].filter(([, n]) => n.some((x) => x !== 0)).sort();
    return [...all.values()].sort((a, b) => (a.key < b.key ? -1 : 1)).map((s) =>
        JSON.stringify([s.key, s.final, s.numbers, rows(s.starts), rows(s.ends), rows(s.routes), rows(s.bins)]) + '\n').join('');
}

function sums() {
    const sum = { posts, windows: windows.size, final: 0, final_changed: finalChanged, events: 0, late: 0 };
    const plain = ['matched', 'orphan_ends', 'expired_starts', 'duplicates', 'fare_cents', 'ride_s'];
    for (const name of plain) sum[name] = 0;
    for (const w of windows.values()) {
        sum.final += w.final ? 1 : 0;
        for (const [, n] of [...w.starts, ...w.ends]) sum.events += n;
        for (const name of plain) sum[name] += w[name];
    }
    for (const t of totals.values()) sum.late += t.late;
    return sum;
}

const controls = {
    away: () => {
        server.close();
        server.closeAllConnections();
    },
    back: () => {
        server.listen(port, '127.0.0.1');
    },
    lose: (name) => {
        store = name;
        windows = new Map();
        totals = new Map();
    },
    dump,
    summed,
    sums: () => JSON.stringify(sums()),
};

const control = createServer((request, response) => {
    const [, name, argument] = request.url.split('/');
    response.end(controls[name](argument) ?? '');
});

let port = 0;
server.listen(0, '127.0.0.1', () => {
    port = server.address().port;
    control.listen(0, '127.0.0.1', () => {
        writeFileSync(`${process.argv[2]}.new`, `${port} ${control.address().port}\n`);
        renameSync(`${process.argv[2]}.new`, process.argv[2]);
    });
});
