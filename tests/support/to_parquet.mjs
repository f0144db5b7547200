// Writes a month's CSV as Parquet by libduckdb, which finds the types: a Parquet month for machines without TLC's own.
// Usage: node to_parquet.mjs NODE_MODULES FILE.csv FILE.parquet
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const [modules, from, to] = process.argv.slice(2);
if (!to) {
    console.error('usage: node to_parquet.mjs NODE_MODULES FILE.csv FILE.parquet');
    process.exit(64);
}
const { DuckDBInstance } = createRequire(resolve(modules) + '/')('@duckdb/node-api');
const db = await (await DuckDBInstance.create(':memory:')).connect();
await db.run(`copy (from read_csv('${from}')) to '${to}' (format parquet)`);
