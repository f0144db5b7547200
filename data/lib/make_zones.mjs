// TLC's zone shapes to the GeoJSON that the map draws: WGS84, few vertices, one feature for each zone that has a shape.
// Usage: node make_zones.mjs SHAPES OUT      SHAPES: .shp (with .dbf beside it), .geojson or .geojson.gz
//
// Outlines run clockwise, as d3-geo wants them: it takes a counter-clockwise one for the rest of the globe (RFC 7946 says the opposite,
// and most readers do not mind). Exit status: 0; 65 the shapes cannot be used; 74 OUT cannot be written.

import {renameSync, writeFileSync} from 'node:fs';
import {toDegrees, toFeet} from './lambert.mjs';
import {readGeoJson, readShapefile} from './shapes.mjs';
import {simplifyShapes} from './topology.mjs';

const UNITS_A_FOOT = 4;
const TOLERANCE_FT = 60; // half a pixel when the city fills a screen
const DECIMALS = 5; // a metre
const ZONES_MIN = 250; // TLC gives 260 a shape: fewer is another file

const inAll = (polygons, f) => polygons.map((rings) => rings.map((ring) => ring.map(f)));

// Shapes in feet, one for each id, whatever the source's unit.
function shapesById(records) {
  const byId = new Map();
  for (const {id, zone, borough, polygons} of records) {
    const inDegrees = polygons.flat(2).every(([x, y]) => Math.abs(x) <= 180 && Math.abs(y) <= 90);
    const feet = inDegrees ? inAll(polygons, toFeet) : polygons;
    const shape = byId.get(id) ?? {id, zone, borough, polygons: []};
    shape.polygons.push(...feet);
    byId.set(id, shape);
  }
  return [...byId.values()].sort((a, b) => a.id - b.id);
}

function check(shapes, path) {
  const strange = shapes.find(({id}) => !(id >= 1 && id <= 263));
  if (strange || shapes.length < ZONES_MIN) {
    throw new Error(`${path}: not TLC's taxi zones: ${strange ? `LocationID ${strange.id}` : `only ${shapes.length} zones`}`);
  }
}

function feature({id, zone, borough}, polygons) {
  const geometry = polygons.length === 1 ? {type: 'Polygon', coordinates: polygons[0]} : {type: 'MultiPolygon', coordinates: polygons};
  return JSON.stringify({type: 'Feature', id, properties: {LocationID: id, zone, borough}, geometry});
}

function toGeoJson(records, path) {
  const shapes = shapesById(records);
  check(shapes, path);
  const units = shapes.map(({polygons}) => inAll(polygons, ([x, y]) => [x * UNITS_A_FOOT, y * UNITS_A_FOOT]));
  const round = (degrees) => Number(degrees.toFixed(DECIMALS));
  const simple = simplifyShapes(units, TOLERANCE_FT * UNITS_A_FOOT);
  const features = shapes.map((shape, i) =>
    feature(shape, inAll(simple[i], ([x, y]) => toDegrees([x / UNITS_A_FOOT, y / UNITS_A_FOOT]).map(round))));
  return {text: `{"type":"FeatureCollection","features":[\n${features.join(',\n')}\n]}\n`, zonesN: shapes.length};
}

const [path, out] = process.argv.slice(2);
let made;
try {
  made = toGeoJson(path.endsWith('.shp') ? readShapefile(path) : readGeoJson(path), path);
} catch (error) {
  console.error(`fetch-zones: ${error.message}`);
  process.exit(65);
}
try {
  writeFileSync(`${out}.tmp`, made.text);
  renameSync(`${out}.tmp`, out);
} catch (error) {
  console.error(`fetch-zones: ${out}: cannot be written: ${error.message}`);
  process.exit(74);
}
console.error(`fetch-zones: ${made.zonesN} zones, ${Math.round(made.text.length / 1000)} kB`);
