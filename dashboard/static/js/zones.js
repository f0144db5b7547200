// Facts of the zones (names, boroughs, centroids, shapes), loaded once.

export async function loadZones() {
  const meta = await (await fetch('/api/meta')).json();
  const known = new Map(meta.zones.map(([id, name, borough, lon, lat]) => [id, {name, borough, lon, lat}]));
  const zones = {
    all: [...known].map(([id, {name, borough}]) => ({id, name, borough})),
    placed: [...known].filter(([, z]) => z.lon && z.lat).map(([id]) => id),
    name: (id) => known.get(id)?.name ?? `zone ${id}`,
    borough: (id) => known.get(id)?.borough ?? '',
    place: (id) => [known.get(id).lon, known.get(id).lat],
  };
  return {zones, label: meta.label, shapes: meta.shapes ? await loadShapes() : null};
}

async function loadShapes() {
  const reply = await fetch('/zones.geojson');
  if (!reply.ok) {
    return null;
  }
  const {features} = await reply.json();
  return features.filter((feature) => feature.geometry).map((feature) => {
    const p = feature.properties ?? {};
    feature.geometry.coordinates = wound(feature.geometry);
    return {zone: Number(p.LocationID ?? p.location_id ?? p.zone_id ?? p.id ?? feature.id), feature};
  });
}

const area = (ring) => ring.reduce((sum, [x, y], i) => {
  const [nextX, nextY] = ring[(i + 1) % ring.length];
  return sum + x * nextY - nextX * y;
}, 0);

// d3-geo, unlike RFC 7946, takes a counter-clockwise outer ring for everything but the zone: turn rings its way.
function wound({type, coordinates}) {
  const polygon = (rings) => rings.map((ring, i) => (area(ring) < 0) === (i === 0) ? ring : [...ring].reverse());
  return type === 'MultiPolygon' ? coordinates.map(polygon) : polygon(coordinates);
}
