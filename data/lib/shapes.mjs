// Zone shapes as TLC publishes them: reads the shapefile (New York's State Plane feet) or the GeoJSON (degrees).
//
// Gives [{id, zone, borough, polygons}], a record each; polygons as GeoJSON has them: [outer, hole...] of closed rings of [x, y].
// Ids may repeat: 56 and 103 have several records. Errors name file and byte.

import {readFileSync} from 'node:fs';
import {gunzipSync} from 'node:zlib';

const POLYGON = 5;

// ESRI Shapefile Technical Description (1998): a header of 100 bytes, then records of polygons, rings one after the other.
export function readShapefile(path) {
  const shp = readFileSync(path), names = readDbf(path.replace(/\.shp$/, '.dbf'));
  if (shp.length < 100 || shp.readInt32BE(0) !== 9994) {
    throw new Error(`${path}: not a shapefile (its first bytes are no 9994)`);
  }
  const records = [];
  for (let at = 100; at < shp.length;) {
    const end = at + 8 + shp.readInt32BE(at + 4) * 2;
    if (end > shp.length || shp.readInt32LE(at + 8) !== POLYGON) {
      throw new Error(`${path}: byte ${at}: cut off, or no polygon`);
    }
    records.push({...names[records.length], polygons: polygonsOf(readRings(shp, at + 8))});
    at = end;
  }
  if (records.length !== names.length) {
    throw new Error(`${path}: ${records.length} shapes, but ${names.length} rows in its .dbf`);
  }
  return records;
}

function readRings(shp, at) {
  const partsN = shp.readInt32LE(at + 36), pointsN = shp.readInt32LE(at + 40);
  const points = at + 44 + partsN * 4;
  const starts = Array.from({length: partsN}, (_, i) => shp.readInt32LE(at + 44 + i * 4));
  return starts.map((from, i) => {
    const ring = [];
    for (let p = from; p < (starts[i + 1] ?? pointsN); p++) {
      ring.push([shp.readDoubleLE(points + p * 16), shp.readDoubleLE(points + p * 16 + 8)]);
    }
    return ring;
  });
}

// Twice the area; negative for a clockwise ring.
export const area2 = (ring) => {
  let sum = 0;
  for (let i = 0; i + 1 < ring.length; i++) {
    sum += (ring[i][0] - ring[0][0]) * (ring[i + 1][1] - ring[0][1]) - (ring[i + 1][0] - ring[0][0]) * (ring[i][1] - ring[0][1]);
  }
  return sum;
};

export const isInside = ([x, y], ring) => {
  let inside = false;
  for (let i = 0; i + 1 < ring.length; i++) {
    const [x1, y1] = ring[i], [x2, y2] = ring[i + 1];
    if (y1 > y !== y2 > y && x < x1 + (y - y1) / (y2 - y1) * (x2 - x1)) {
      inside = !inside;
    }
  }
  return inside;
};

// Clockwise rings are outlines, the others holes of the outline around them.
function polygonsOf(rings) {
  const outlines = rings.filter((ring) => area2(ring) < 0).map((ring) => [ring]);
  for (const hole of rings.filter((ring) => area2(ring) > 0)) {
    outlines.find(([outer]) => isInside(hole[0], outer))?.push(hole);
  }
  return outlines;
}

// dBASE III: field descriptors of 32 bytes, then rows of fixed width.
function readDbf(path) {
  const dbf = readFileSync(path), fields = {};
  const rowsN = dbf.readUInt32LE(4), headerN = dbf.readUInt16LE(8), rowN = dbf.readUInt16LE(10);
  for (let at = 32, offset = 1; at + 32 <= headerN && dbf[at] !== 13; at += 32) {
    const name = dbf.toString('latin1', at, at + 11).replace(/\0.*$/, '').toLowerCase();
    fields[name] = {offset, n: dbf[at + 16]};
    offset += dbf[at + 16];
  }
  for (const name of ['locationid', 'zone', 'borough']) {
    if (!fields[name]) {
      throw new Error(`${path}: no field ${name}; it has ${Object.keys(fields).join(', ')}`);
    }
  }
  if (headerN + rowsN * rowN > dbf.length) {
    throw new Error(`${path}: cut off`);
  }
  const text = (row, {offset, n}) => dbf.toString('utf8', headerN + row * rowN + offset, headerN + row * rowN + offset + n).trim();
  return Array.from({length: rowsN}, (_, row) => ({
    id: Number(text(row, fields.locationid)), zone: text(row, fields.zone), borough: text(row, fields.borough),
  }));
}

export function readGeoJson(path) {
  const bytes = readFileSync(path);
  let value;
  try {
    value = JSON.parse((bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString('utf8'));
  } catch (error) {
    throw new Error(`${path}: not GeoJSON: ${error.message}`);
  }
  if (!Array.isArray(value?.features)) {
    throw new Error(`${path}: no collection of features`);
  }
  return value.features.map(({properties: p, geometry}, i) => {
    const id = Number(p?.LocationID ?? p?.locationid ?? p?.location_id);
    if (!Number.isInteger(id) || !['Polygon', 'MultiPolygon'].includes(geometry?.type)) {
      throw new Error(`${path}: feature ${i}: no polygon with a LocationID`);
    }
    const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
    // Outlines clockwise, holes not, as in the shapefile.
    return {id, zone: p.zone ?? '', borough: p.borough ?? '', polygons: polygons.map((rings) => rings.map((ring, k) =>
      (area2(ring) < 0) === (k === 0) ? ring : [...ring].reverse()))};
  });
}
