// Cars ordered from a base: fhv, and the high-volume ones (Uber, Lyft) of fhvhv. Their columns, as TLC publishes all years since 2022.

import {JFK, LGA} from './city.mjs';
import {share} from './trip.mjs';

const FHV = ['dispatching_base_num', 'pickup_datetime', 'dropOff_datetime', 'PUlocationID', 'DOlocationID', 'SR_Flag',
  'Affiliated_base_number'];
const FHVHV = ['hvfhs_license_num', 'dispatching_base_num', 'originating_base_num', 'request_datetime', 'on_scene_datetime',
  'pickup_datetime', 'dropoff_datetime', 'PULocationID', 'DOLocationID', 'trip_miles', 'trip_time', 'base_passenger_fare', 'tolls', 'bcf',
  'sales_tax', 'congestion_surcharge', 'airport_fee', 'tips', 'driver_pay', 'shared_request_flag', 'shared_match_flag',
  'access_a_ride_flag', 'wav_request_flag', 'wav_match_flag'];

const AFFILIATED = share(0.95), UBER = share(0.73), TIPPED = share(0.18), SHARED = share(0.02), WAV = share(0.001);
const BASES = 900, FIRST_BASE = 3; // licence numbers of bases: B00003 and every third

const zone = (text, id) => {
  if (id > 0) {
    text.int(id);
  }
};

export class Fhv {
  constructor(yyyymm, city, random) {
    this.random = random;
    this.columns = FHV;
    this.hours = 'hailed';
  }

  draw(trip) {
    // Squared, so that some bases are large.
    const part = this.random() / 2 ** 32;
    trip.base = FIRST_BASE + 3 * Math.floor(part * part * BASES);
    trip.affiliated = this.random() < AFFILIATED;
  }

  base(text, number) {
    text.ascii('B');
    text.char(48);
    text.two(number / 100 | 0);
    text.two(number % 100);
  }

  write(text, trip, calendar) {
    this.base(text, trip.base);
    text.comma();
    text.time(calendar.wall(trip.start));
    text.comma();
    text.time(calendar.wall(trip.start + trip.seconds));
    text.comma();
    zone(text, trip.from);
    text.comma();
    zone(text, trip.to);
    text.comma(); // SR_Flag has been empty for years
    text.comma();
    if (trip.affiliated) {
      this.base(text, trip.base);
    }
    text.char(10);
  }
}

export class Fhvhv {
  constructor(yyyymm, city, random) {
    this.city = city;
    this.random = random;
    this.columns = FHVHV;
    this.hours = 'hailed';
    this.congestion = yyyymm >= 201902 ? 275 : 0;
  }

  draw(trip) {
    const {random, city} = this;
    trip.uber = random() < UBER;
    trip.base = trip.uber ? 2864 + random() % 24 : 2510;
    trip.requested = 120 + (random() / 2 ** 32 * 480 | 0); // seconds before pickup
    trip.onScene = random() / 2 ** 32 * Math.min(120, trip.requested) | 0;
    trip.driveSeconds = trip.seconds;
    trip.shared = random() < SHARED;
    trip.wav = random() < WAV;
    // No tariff: prices move with demand.
    const surge = 0.85 + random() / 2 ** 32 * 0.6;
    trip.fareCents = Math.round((255 + trip.cmi * 1.55 + trip.seconds / 60 * 42) * surge);
    trip.driverCents = Math.round(trip.cmi * 1.24 + trip.seconds / 60 * 56);
    trip.congested = city.isYellowZone[trip.from] || city.isYellowZone[trip.to] ? this.congestion : 0;
    trip.airport = [JFK, LGA].includes(trip.from) || [JFK, LGA].includes(trip.to) ? 250 : 0;
    const tip = random();
    trip.tip = tip < TIPPED ? Math.round(trip.fareCents * (10 + tip % 15) / 100) : 0;
  }

  write(text, trip, calendar) {
    text.ascii(trip.uber ? 'HV0003,B0' : 'HV0005,B0');
    text.int(trip.base);
    text.ascii(',B0');
    text.int(trip.base);
    for (const at of [trip.start - trip.requested, trip.start - trip.onScene, trip.start, trip.start + trip.seconds]) {
      text.comma();
      text.time(calendar.wall(at));
    }
    text.comma();
    zone(text, trip.from);
    text.comma();
    zone(text, trip.to);
    text.comma();
    text.hundredths(trip.cmi);
    text.comma();
    text.int(trip.driveSeconds);
    const fare = trip.voided ? -(18 + trip.base % 50) : trip.fareCents;
    for (const cents of [fare, 0, Math.round(trip.fareCents * 0.0275), Math.round(trip.fareCents * 0.08875), trip.congested, trip.airport,
      trip.voided ? 0 : trip.tip, trip.driverCents]) {
      text.comma();
      text.hundredths(cents);
    }
    text.ascii(trip.shared ? ',Y,N,' : ',N,N,');
    text.ascii(trip.wav ? 'N,Y,Y\n' : 'N,N,N\n');
  }
}
