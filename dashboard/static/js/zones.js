// Facts of the zones (names, boroughs, centroids), loaded once; shapes() loads what the map needs, null: there is none.

export async function loadZones() {
  const meta = await (await fetch('api/meta')).json();
  const known = new Map(meta.zones.map(([id, name, borough, lon, lat]) => [id, {name, borough, lon, lat}]));
  const zones = {
    all: [...known].map(([id, {name, borough}]) => ({id, name, borough})),
    placed: [...known].filter(([, z]) => z.lon && z.lat).map(([id]) => id),
    name: (id) => known.get(id)?.name ?? `zone ${id}`,
    borough: (id) => known.get(id)?.borough ?? '',
    place: (id) => [known.get(id).lon, known.get(id).lat],
  };
  return {zones, label: meta.label, shapes: meta.shapes ? loadShapes : async () => null};
}

async function loadShapes() {
  const reply = await fetch('zones.geojson');
  if (!reply.ok) {
    return null;
  }
  const {features} = await reply.json();
  return features.filter((feature) => feature.geometry).map((feature) => {
    const p = feature.properties ?? {};
    return {zone: Number(p.LocationID ?? p.location_id ?? p.zone_id ?? p.id ?? feature.id), feature};
  });
}
