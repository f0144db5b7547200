// One drawn trip, and what all datasets share in drawing it: start, zones, distance, duration.

const share = (part) => Math.round(part * 2 ** 32); // a draw below this happens with probability part

// Miles an hour x 10 by hour of a working day; other days are a little faster.
const SPEED = [165, 175, 185, 190, 195, 185, 150, 120, 105, 102, 102, 100, 98, 98, 98, 95, 92, 90, 95, 108, 120, 130, 140, 152];
const CMI_MIN = 25, CMI_MAX = 6000, SECONDS_MIN = 70, SECONDS_MAX = 3 * 3600;

export const makeTrip = () => ({
  start: 0, seconds: 0, // real seconds from the month's first midnight
  from: 0, to: 0, // zone ids; 0 is written as nothing
  cmi: 0, // hundredths of a mile
  passengers: 1, offline: false, voided: false, addCents: 0,
  fareCents: 0, hour: 0, weekend: false,
});

export class Drawer {
  constructor(city, calendar, random) {
    Object.assign(this, {city, calendar, random});
  }

  // True with probability part; table once where it is asked for every row.
  chance(limit) {
    return this.random() < limit;
  }

  trip(trip, hour, tables) {
    const {random, city} = this;
    const start = tables.starts.draw(random());
    trip.start = hour.real + Math.floor(random() / 2 ** 32 * 3600);
    trip.hour = hour.hour;
    trip.weekend = hour.weekend;
    trip.from = city.ids[start];
    trip.to = city.ids[tables.ends[start].draw(random())];
    trip.offline = trip.voided = false;
    trip.addCents = 0;
    // Two uniforms: most ways are near the usual one. Within a zone anything from a block to its far end.
    const spread = (random() + random()) / 2 ** 32;
    const usual = city.distance(trip.from, trip.to);
    trip.cmi = Math.min(CMI_MAX, Math.max(CMI_MIN, Math.round(usual * (0.72 + spread * 0.3) + spread * 25)));
    trip.seconds = this.seconds(trip);
  }

  seconds(trip) {
    const {random, calendar} = this;
    // Longer trips take faster roads.
    const tenthMph = SPEED[trip.hour] * (trip.weekend ? 1.12 : 1) * (1 + Math.min(trip.cmi, 2000) / 1400);
    const drive = trip.cmi * 360 / tenthMph * (0.75 + (random() + random()) / 2 ** 32 * 0.3) + 90;
    const seconds = Math.min(SECONDS_MAX, Math.max(SECONDS_MIN, Math.round(drive)));
    // What starts in the first pass of November's doubled hour must not look as if it ended in the second it began.
    const untilChange = calendar.changeAt - trip.start;
    return untilChange > 0 && untilChange <= 3600 ? Math.min(seconds, 3300) : seconds;
  }
}

export {share};
