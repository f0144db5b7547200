// Where trips begin and end: how often each zone, by dataset, hour and where the trip came from; and how far apart zones are.
//
// Facts of the zones come from data/zones.csv. The weights are made up to look like the city: business by day, nightlife by night,
// airports as far trips, green cabs where yellow ones are rare.

import {readFileSync} from 'node:fs';
import {Alias, exp} from './random.mjs';

export const EWR = 1, JFK = 132, LGA = 138, UNKNOWN = 264, OUTSIDE = 265;
const MIDTOWN = [-73.978, 40.757];
const MILES_LAT = 69, MILES_LON = 52.4; // a degree at 40.7 north
const DETOUR = 1.3; // streets against the straight line

const BUSINESS = new Set([12, 13, 87, 88, 100, 161, 162, 163, 164, 170, 186, 209, 230, 231, 261]);
const NIGHTLIFE = new Set([7, 48, 50, 68, 79, 90, 112, 113, 114, 144, 148, 158, 211, 217, 234, 246, 249, 255, 256]);
// Many more, or hardly any: the Upper East and West Sides; parks, islands, cemeteries.
const UNUSUAL = new Map([[142, 1.4], [236, 2.2], [237, 2.2], [239, 1.6], [263, 1.5], [2, 0.01], [8, 0.05], [43, 0.5], [99, 0.01], [103, 0.01], [110, 0.01], [194, 0.05],
  [199, 0.01], [202, 0.2]]);
const GREEN_STANDS = new Map([[74, 100], [75, 70], [41, 25], [42, 14], [43, 20], [82, 25], [95, 25], [166, 25], [7, 14], [65, 14],
  [97, 14], [129, 14], [130, 14], [244, 14], [260, 14]]);

function readZones(path) {
  const fields = /("(?:[^"]|"")*"|[^,]*)(?:,|$)/g;
  const zones = readFileSync(path, 'utf8').trim().split('\n').slice(1).map((line) => {
    const [id, borough, , service, lon, lat] = [...line.matchAll(fields)].map(([, field]) => field.replace(/^"|"$/g, ''));
    return {id: Number(id), borough, service, lon: Number(lon), lat: Number(lat)};
  });
  return zones.filter(({lon}) => lon !== 0);
}

const miles = (a, b) => Math.sqrt(((a.lon - b.lon) * MILES_LON) ** 2 + ((a.lat - b.lat) * MILES_LAT) ** 2);

function fromMidtown(zone) {
  return miles(zone, {lon: MIDTOWN[0], lat: MIDTOWN[1]});
}

// How much of a dataset's pickups a zone draws, apart from the hour.
const PICKUPS = {
  yellow(zone) {
    const near = fromMidtown(zone);
    const byPlace = {Manhattan: zone.service === 'Yellow Zone' ? 100 : 6, Brooklyn: 1.5, Queens: 1.5, Bronx: 0.2, 'Staten Island': 0.02, EWR: 0.02};
    return byPlace[zone.borough] / (1 + (near / 1.7) ** 2);
  },
  green(zone) {
    const byPlace = {Manhattan: zone.service === 'Yellow Zone' ? 0.02 : 8, Brooklyn: 6, Queens: 6, Bronx: 3, 'Staten Island': 0.1, EWR: 0};
    return GREEN_STANDS.get(zone.id) ?? byPlace[zone.borough] / (1 + (fromMidtown(zone) / 5) ** 2);
  },
  hailed(zone) {
    const byPlace = {Manhattan: 20, Brooklyn: 14, Queens: 10, Bronx: 9, 'Staten Island': 4, EWR: 0.1};
    return byPlace[zone.borough] / (1 + (fromMidtown(zone) / 9) ** 2);
  },
};

// Green cabs wait at few stands, but go everywhere, downtown too.
const greenDropoffs = (zone) => Math.sqrt(PICKUPS.green(zone)) + (zone.service === 'Yellow Zone' ? 2.5 : 0);

// Of each dataset: what draws pickups and drop-offs, how far a usual trip goes, the airports' share of both ends.
const CITIES = {
  yellow: {pickups: PICKUPS.yellow, dropoffs: PICKUPS.yellow, scale: 0.95, spread: 1.5, from: {[JFK]: 0.045, [LGA]: 0.035}, to: {[JFK]: 0.016, [LGA]: 0.014, [EWR]: 0.003}},
  green: {pickups: PICKUPS.green, dropoffs: greenDropoffs, scale: 1.1, spread: 1, from: {[JFK]: 0.0004, [LGA]: 0.0008}, to: {[JFK]: 0.005, [LGA]: 0.02, [EWR]: 0.001}},
  fhv: {pickups: PICKUPS.hailed, dropoffs: PICKUPS.hailed, scale: 2, spread: 3, from: {[JFK]: 0.015, [LGA]: 0.015}, to: {[JFK]: 0.02, [LGA]: 0.02, [EWR]: 0.01}},
  fhvhv: {pickups: PICKUPS.hailed, dropoffs: PICKUPS.hailed, scale: 1.7, spread: 3, from: {[JFK]: 0.02, [LGA]: 0.022}, to: {[JFK]: 0.022, [LGA]: 0.023, [EWR]: 0.006}},
};

// By part of the day: factor for business and for nightlife zones, as pickups and as drop-offs.
const PARTS = [
  {name: 'night', pickups: [0.5, 3], dropoffs: [0.4, 0.8]},
  {name: 'morning', pickups: [0.8, 0.6], dropoffs: [2.2, 0.7]},
  {name: 'day', pickups: [1.2, 0.9], dropoffs: [1.2, 0.9]},
  {name: 'evening', pickups: [1.5, 1.4], dropoffs: [0.9, 1.6]},
];
const partOf = (hour, weekend) => hour < 5 || hour >= 23 ? 0 : hour < 11 && !weekend ? 1 : hour < 16 ? 2 : 3;

const lively = (zone, [business, nightlife]) =>
  (BUSINESS.has(zone.id) ? business : 1) * (NIGHTLIFE.has(zone.id) ? nightlife : 1) * (UNUSUAL.get(zone.id) ?? 1);

// Airports get their share of the whole, whatever the other weights sum up to.
function withShares(zones, weights, shares) {
  const others = zones.reduce((sum, zone, i) => sum + (shares[zone.id] === undefined ? weights[i] : 0), 0);
  const rest = 1 - Object.values(shares).reduce((a, b) => a + b, 0);
  return weights.map((w, i) => shares[zones[i].id] === undefined ? w : shares[zones[i].id] / rest * others);
}

export class City {
  constructor(dataset, zonesPath) {
    this.city = CITIES[dataset];
    this.zones = readZones(zonesPath);
    this.ids = Uint16Array.from(this.zones, ({id}) => id);
    this.isYellowZone = new Uint8Array(266);
    this.isManhattan = new Uint8Array(266);
    this.isCbd = new Uint8Array(266); // south of 60th Street
    for (const {id, borough, service, lat} of this.zones) {
      this.isManhattan[id] = borough === 'Manhattan' ? 1 : 0;
      this.isYellowZone[id] = service === 'Yellow Zone' ? 1 : 0;
      this.isCbd[id] = service === 'Yellow Zone' && lat < 40.764 ? 1 : 0;
    }
    this.measure();
    this.parts = PARTS.map((part) => this.tablesOf(part));
  }

  // Hundredths of a mile by street between any two zone ids; within a zone, and for zones without a place, a short way.
  measure() {
    this.cmi = new Int32Array(266 * 266).fill(180);
    for (const a of this.zones) {
      for (const b of this.zones) {
        this.cmi[a.id * 266 + b.id] = a === b ? 70 : Math.round(miles(a, b) * DETOUR * 100);
      }
    }
  }

  tablesOf(part) {
    const {pickups, dropoffs, scale, spread, from, to} = this.city;
    const starts = this.zones.map((zone) => pickups(zone) * lively(zone, part.pickups));
    const draw = this.zones.map((zone) => (dropoffs(zone) + spread / (1 + fromMidtown(zone) / 4)) * lively(zone, part.dropoffs));
    const ends = this.zones.map((origin) => {
      const far = origin.id === JFK || origin.id === LGA || origin.id === EWR;
      const weights = this.zones.map((zone, i) => draw[i] * (far ? 1 : exp(-miles(origin, zone) / scale) + 0.004));
      return new Alias(withShares(this.zones, weights, far ? {[origin.id]: 0.005} : to));
    });
    return {starts: new Alias(withShares(this.zones, starts, from)), ends};
  }

  // Which tables hold at an hour.
  at(hour, weekend) {
    return this.parts[partOf(hour, weekend)];
  }

  distance(from, to) {
    return this.cmi[from * 266 + to];
  }
}
