// Simplifies polygons that share borders, so that neighbours still touch afterwards: each shared border is simplified once.
//
// Vertices are snapped to whole units (a small one: a quarter of a foot for TLC's zones, or vertices of the same curve would count as
// lying on each other's edges); a vertex that lies on a neighbour's straight edge is put into it (TLC's zones have
// thousands of those); rings are cut into arcs where more than two edges meet; each arc goes through Douglas-Peucker once, in one direction.
// Everything is exact in integers up to that point, so the same border has the same key from both sides.

const SNAP = 1.5; // how far from an edge a vertex counts as lying on it: the two roundings to whole units

const keyOf = ([x, y]) => x * 2 ** 26 + y; // coordinates of the city are below 2^23 quarters of a foot
const same = (a, b) => a[0] === b[0] && a[1] === b[1];

function distance2([x, y], [x1, y1], [x2, y2]) {
  const dx = x2 - x1, dy = y2 - y1, length2 = dx * dx + dy * dy;
  const t = length2 === 0 ? 0 : Math.max(0, Math.min(1, ((x - x1) * dx + (y - y1) * dy) / length2));
  return (x - x1 - t * dx) ** 2 + (y - y1 - t * dy) ** 2;
}

const snapped = (ring) => {
  const points = ring.map(([x, y]) => [Math.round(x), Math.round(y)]);
  return points.filter((p, i) => i === 0 || !same(p, points[i - 1]));
};

// All vertices by cell of a coarse grid.
class VertexGrid {
  static CELL = 2048;

  constructor(rings) {
    this.cells = new Map();
    const seen = new Set();
    for (const point of rings.flat()) {
      const key = keyOf(point);
      if (!seen.has(key)) {
        seen.add(key);
        const cell = this.cellOf(point[0], point[1]);
        this.cells.get(cell)?.push(point) ?? this.cells.set(cell, [point]);
      }
    }
  }

  cellOf(x, y) {
    return keyOf([Math.floor(x / VertexGrid.CELL), Math.floor(y / VertexGrid.CELL)]);
  }

  // Vertices on the edge a-b, its ends left out, in the order from a to b.
  on(a, b) {
    const found = [], step = VertexGrid.CELL;
    const low = (k) => Math.floor((Math.min(a[k], b[k]) - SNAP) / step) * step, high = (k) => Math.max(a[k], b[k]) + SNAP;
    for (let x = low(0); x <= high(0); x += step) {
      for (let y = low(1); y <= high(1); y += step) {
        for (const p of this.cells.get(this.cellOf(x, y)) ?? []) {
          if (!same(p, a) && !same(p, b) && distance2(p, a, b) < SNAP * SNAP) {
            found.push(p);
          }
        }
      }
    }
    const along = (p) => (p[0] - a[0]) * (b[0] - a[0]) + (p[1] - a[1]) * (b[1] - a[1]);
    return found.sort((p, q) => along(p) - along(q));
  }
}

function withNeighboursVertices(ring, grid) {
  const out = [ring[0]];
  for (let i = 0; i + 1 < ring.length; i++) {
    out.push(...grid.on(ring[i], ring[i + 1]), ring[i + 1]);
  }
  return out.filter((p, i) => i === 0 || !same(p, out[i - 1]));
}

// Vertices where the edges of all rings together do not just pass through.
function nodesOf(rings) {
  const neighbours = new Map();
  const note = (a, b) => {
    const key = keyOf(a);
    const set = neighbours.get(key) ?? neighbours.set(key, new Set()).get(key);
    set.add(keyOf(b));
  };
  for (const ring of rings) {
    for (let i = 0; i + 1 < ring.length; i++) {
      note(ring[i], ring[i + 1]);
      note(ring[i + 1], ring[i]);
    }
  }
  return new Set([...neighbours].filter(([, set]) => set.size !== 2).map(([key]) => key));
}

// A ring as arcs between nodes. A ring without nodes is one closed arc from its lowest vertex.
function arcsOf(ring, nodes) {
  const open = ring.slice(0, -1);
  let first = open.findIndex((p) => nodes.has(keyOf(p)));
  if (first < 0) {
    first = open.reduce((best, p, i) => keyOf(p) < keyOf(open[best]) ? i : best, 0);
  }
  const turned = [...open.slice(first), ...open.slice(0, first), open[first]];
  const arcs = [];
  let from = 0;
  for (let i = 1; i < turned.length; i++) {
    if (i === turned.length - 1 || nodes.has(keyOf(turned[i]))) {
      arcs.push(turned.slice(from, i + 1));
      from = i;
    }
  }
  return arcs;
}

// Douglas-Peucker. On a closed arc the first cut is at the vertex farthest from its start.
function simplifyArc(arc, tolerance) {
  const keep = new Set([0, arc.length - 1]), spans = [[0, arc.length - 1]];
  while (spans.length > 0) {
    const [from, to] = spans.pop();
    let farthest = 0, at = -1;
    for (let i = from + 1; i < to; i++) {
      const d = distance2(arc[i], arc[from], arc[to]);
      if (d > farthest) {
        [farthest, at] = [d, i];
      }
    }
    if (farthest > tolerance * tolerance) {
      keep.add(at);
      spans.push([from, at], [at, to]);
    }
  }
  return arc.filter((_, i) => keep.has(i));
}

class Arcs {
  constructor(tolerance) {
    this.tolerance = tolerance;
    this.done = new Map();
  }

  // The same points from both sides: the arc is simplified in the direction in which its keys come first.
  simplified(arc) {
    const keys = arc.map(keyOf), back = [...keys].reverse();
    const at = keys.findIndex((key, i) => key !== back[i]);
    const turn = at >= 0 && back[at] < keys[at];
    const key = (turn ? back : keys).join();
    let points = this.done.get(key);
    if (!points) {
      points = simplifyArc(turn ? [...arc].reverse() : arc, this.tolerance);
      this.done.set(key, points);
    }
    return turn ? [...points].reverse() : points;
  }
}

// shapes: arrays of polygons, each [outline, hole...] of closed rings; returns the same with fewer vertices. tolerance in the unit of
// the coordinates. Rings that shrink to a line are left out, except a shape's largest.
export function simplifyShapes(shapes, tolerance) {
  const snap = shapes.map((polygons) => polygons.map((rings) => rings.map(snapped)));
  const grid = new VertexGrid(snap.flat(2));
  const full = snap.map((polygons) => polygons.map((rings) => rings.map((ring) => withNeighboursVertices(ring, grid))));
  const nodes = nodesOf(full.flat(2));
  const arcs = new Arcs(tolerance);
  const simplifyRing = (ring) => arcsOf(ring, nodes).flatMap((arc, i) => arcs.simplified(arc).slice(i === 0 ? 0 : 1));
  return full.map((polygons) => {
    const simple = polygons.map((rings) => rings.map(simplifyRing))
      .filter(([outline]) => outline.length > 3)
      .map(([outline, ...holes]) => [outline, ...holes.filter((hole) => hole.length > 3)]);
    return simple.length > 0 ? simple : polygons;
  });
}
