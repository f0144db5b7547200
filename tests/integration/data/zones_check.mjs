// Compares a simplified zones.geojson with the shapefile it was made from.
// Usage: node zones_check.mjs GEOJSON SHAPEFILE ZONES_CSV NODE_MODULES
// Checks: size, ids, names, every zone's area, that centroids lie where they did, that neighbours still touch and do not overlap, and that
// d3-geo takes no feature for the rest of the globe. Prints its figures; exit status 1 with what differs.

import {readFileSync, statSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {area2, isInside, readShapefile} from '../../../data/lib/shapes.mjs';
import {toFeet} from '../../../data/lib/lambert.mjs';

const [geojson, shapefile, csv, modules] = process.argv.slice(2);
const faults = [];
const check = (good, words) => good || faults.push(words);

const before = new Map();
for (const {id, zone, borough, polygons} of readShapefile(shapefile)) {
  const known = before.get(id) ?? {zone, borough, polygons: []};
  known.polygons.push(...polygons);
  before.set(id, known);
}
const {features} = JSON.parse(readFileSync(geojson, 'utf8'));
const after = new Map(features.map(({properties: p, geometry}) => {
  const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
  return [p.LocationID, {...p, polygons: polygons.map((rings) => rings.map((ring) => ring.map(toFeet)))}];
}));

const size = statSync(geojson).size;
check(size < 300_000, `${size} bytes`);
check(features.length === before.size, `${features.length} features, ${before.size} zones have shapes`);
for (let id = 1; id <= 263; id++) {
  check(after.has(id) === ![57, 104, 105].includes(id), `zone ${id}: ${after.has(id) ? 'has' : 'lacks'} a feature`);
}

// Areas: a border that moves by half the tolerance on average changes a zone by its length times that; far less happens.
const areaOf = (polygons) => polygons.flat().reduce((sum, ring) => sum - area2(ring) / 2, 0);
let worst = 0;
for (const [id, {zone, borough, polygons}] of before) {
  const now = after.get(id) ?? {polygons: []};
  check(now.zone === zone && now.borough === borough, `zone ${id}: is called ${now.zone}, ${now.borough}, not ${zone}, ${borough}`);
  const change = Math.abs(areaOf(now.polygons) / areaOf(polygons) - 1);
  worst = Math.max(worst, change);
  check(change < 0.03, `zone ${id}: its area changed by ${(change * 100).toFixed(2)} %`);
  for (const ring of now.polygons.flat()) {
    check(ring.length >= 4 && ring[0].join() === ring[ring.length - 1].join(), `zone ${id}: a ring of ${ring.length} that is not closed`);
  }
}

// Centroids.
const zonesAt = (shapes, point) => [...shapes].filter(([, {polygons}]) =>
  polygons.some(([outline, ...holes]) => isInside(point, outline) && !holes.some((hole) => isInside(point, hole)))).map(([id]) => id);
const places = readFileSync(csv, 'utf8').trim().split('\n').slice(1).map((line) => [Number(line.split(',')[0]), line.split(',').slice(-2).map(Number)]);
for (const [id, place] of places.filter(([, [lon]]) => lon !== 0)) {
  const point = toFeet(place), was = zonesAt(before, point), is = zonesAt(after, point);
  check(was.length === 0 || is.join() === was.join(), `centroid of ${id}: lies in ${is.join() || 'none'}, lay in ${was.join() || 'none'}`);
}

// Coverage on lines across the city: where the original covers a stretch and all around it, exactly one zone must be there now.
const STEP = 100, MARGIN = 2, SIDE = 1700, WEST = 910_000, SOUTH = 118_000, TOLERANCE = 60;
function coverage(shapes) {
  const cells = new Uint8Array(SIDE * SIDE);
  for (const {polygons} of shapes.values()) {
    for (const rings of polygons) {
      for (let row = 0; row < SIDE; row++) {
        fillRow(cells, rings, row);
      }
    }
  }
  return cells;
}
function fillRow(cells, rings, row) {
  const y = SOUTH + row * STEP + 0.5, crossings = [];
  for (const ring of rings) {
    for (let i = 0; i + 1 < ring.length; i++) {
      const [x1, y1] = ring[i], [x2, y2] = ring[i + 1];
      if (y1 > y !== y2 > y) {
        crossings.push(x1 + (y - y1) / (y2 - y1) * (x2 - x1));
      }
    }
  }
  crossings.sort((a, b) => a - b);
  for (let k = 0; k + 1 < crossings.length; k += 2) {
    const first = Math.ceil((crossings[k] - WEST) / STEP), last = Math.floor((crossings[k + 1] - WEST) / STEP);
    for (let column = Math.max(0, first); column <= Math.min(SIDE - 1, last); column++) {
      cells[row * SIDE + column]++;
    }
  }
}
// A creek that the lattice misses: a spot within the tolerance of the point that no zone covered before.
function isAtShore(x, y) {
  for (let i = 0; i < 64 * 8; i++) {
    const [angle, radius] = [Math.PI * i / 32, TOLERANCE * (1 + Math.floor(i / 64)) / 8];
    if (zonesAt(before, [x + radius * Math.cos(angle), y + radius * Math.sin(angle)]).length !== 1) {
      return true;
    }
  }
  return false;
}
const [old, now] = [coverage(before), coverage(after)];
let inner = 0, gaps = 0, overlaps = 0;
for (let row = MARGIN; row < SIDE - MARGIN; row++) {
  for (let column = MARGIN; column < SIDE - MARGIN; column++) {
    let covered = true;
    for (let dy = -MARGIN; dy <= MARGIN && covered; dy++) {
      for (let dx = -MARGIN; dx <= MARGIN && covered; dx++) {
        covered = old[(row + dy) * SIDE + column + dx] === 1;
      }
    }
    if (covered) {
      inner++;
      const n = now[row * SIDE + column];
      if (n !== 1 && !isAtShore(WEST + column * STEP, SOUTH + row * STEP + 0.5)) {
        gaps += n === 0 ? 1 : 0;
        overlaps += n > 1 ? 1 : 0;
      }
    }
  }
}
check(inner > 500_000, `only ${inner} points lie within the city`);
check(gaps === 0, `${gaps} of ${inner} points within the city lie in no zone`);
check(overlaps === 0, `${overlaps} of ${inner} points lie in two zones`);

// d3-geo.
const {geoArea} = await import(pathToFileURL(createRequire(join(modules, 'here.js')).resolve('d3-geo')));
for (const feature of features) {
  check(geoArea(feature) < 1e-4, `zone ${feature.properties.LocationID}: d3-geo sees ${geoArea(feature)} of the globe's 12.57`);
}

console.log(`${size} bytes, ${features.length} features, areas within ${(worst * 100).toFixed(2)} %, ${inner} points within the city: ${gaps} in gaps, ${overlaps} in overlaps`);
faults.forEach((words) => console.log(words));
process.exit(faults.length > 0 ? 1 : 0);
