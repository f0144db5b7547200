// A receiver of windows as docs/windows.md has it, in memory, for tests of consumer-process.
//
// Usage: node windows_receiver.mjs PORT_FILE
// Writes "PORT CONTROL_PORT" to PORT_FILE. PORT takes POST /api/windows. CONTROL_PORT is asked by the test:
//   /away /back      stop listening, and listen again on the same port
//   /lose NAME       forget everything and be the store NAME from now on
//   /dump            every window, a line each, in order
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
