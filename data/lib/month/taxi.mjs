// Yellow and green cabs: the tariff, and the columns of their files.
//
// Tariff of the TLC, in cents: 2.50 and 0.50 for each fifth of a mile or slow minute until 2022, since then (from 2022-12-19; here from
// 2023-01) 3.00 and 0.70; JFK to or from Manhattan flat; surcharges as the columns name them.

import {EWR, JFK, LGA} from './city.mjs';
import {share} from './trip.mjs';

const YELLOW = ['VendorID', 'tpep_pickup_datetime', 'tpep_dropoff_datetime', 'passenger_count', 'trip_distance', 'RatecodeID',
  'store_and_fwd_flag', 'PULocationID', 'DOLocationID', 'payment_type', 'fare_amount', 'extra', 'mta_tax', 'tip_amount', 'tolls_amount',
  'improvement_surcharge', 'total_amount'];
const GREEN = ['VendorID', 'lpep_pickup_datetime', 'lpep_dropoff_datetime', 'store_and_fwd_flag', 'RatecodeID', 'PULocationID',
  'DOLocationID', 'passenger_count', 'trip_distance', 'fare_amount', 'extra', 'mta_tax', 'tip_amount', 'tolls_amount', 'ehail_fee',
  'improvement_surcharge', 'total_amount', 'payment_type', 'trip_type'];

const [CASH, CARD, NO_CHARGE, DISPUTE] = [2, 1, 3, 4];
const [STANDARD, TO_JFK, TO_NEWARK] = [1, 2, 3];
const FIRST_VENDOR = share(0.24), ALONE = share(0.73), CASHLESS = share(0.72), CASHLESS_SINCE_2021 = share(0.8), GENEROUS = share(0.93);
const HELD = share(0.004), THROUGH_TUNNEL = share(0.45), NO_PAYMENT = share(0.008), DISPATCHED = share(0.03);

const tariffOf = (yyyymm) => yyyymm >= 202301
  ? {first: 300, unit: 70, rush: 250, night: 100, jfk: 7000, newark: 2000, improvement: 100, airport: 175, toll: 694}
  : {first: 250, unit: 50, rush: 100, night: 50, jfk: 5200, newark: 1750, improvement: 30, airport: yyyymm >= 202204 ? 125 : 0, toll: 612};

export class Taxi {
  constructor(dataset, yyyymm, city, random) {
    this.isYellow = dataset === 'yellow';
    this.city = city;
    this.random = random;
    this.tariff = tariffOf(yyyymm);
    // Columns came one after the other; months before 2016-07 look as TLC publishes them since 2022.
    const republished = yyyymm < 201607;
    this.hasCongestion = yyyymm >= 201901 || republished;
    this.hasAirportFee = this.isYellow && (yyyymm >= 202101 || republished);
    this.hasCbd = yyyymm >= 202501;
    this.congestion = yyyymm >= 201902 ? (this.isYellow ? 250 : 275) : 0;
    this.cardLimit = yyyymm >= 202101 ? CASHLESS_SINCE_2021 : CASHLESS;
    this.columns = [...(this.isYellow ? YELLOW : GREEN), ...(this.hasCongestion ? ['congestion_surcharge'] : []),
      ...(this.hasAirportFee ? [yyyymm >= 202301 ? 'Airport_fee' : 'airport_fee'] : []), ...(this.hasCbd ? ['cbd_congestion_fee'] : [])];
  }

  get hours() {
    return this.isYellow ? 'taxi' : 'outer';
  }

  draw(trip) {
    const {random, city, tariff} = this;
    const {from, to} = trip;
    trip.vendor = random() < FIRST_VENDOR ? 1 : 2;
    const bits = random();
    trip.passengers = bits < ALONE ? 1 : 2 + [0, 0, 0, 0, 0, 1, 2, 3, 3, 4][bits % 10];
    trip.held = random() < HELD;
    trip.dispatched = !this.isYellow && random() < DISPATCHED;
    trip.rate = STANDARD;
    const slowMinutes = Math.max(0, trip.seconds - trip.cmi * 2) / 60; // slower than 18 miles an hour
    trip.fareCents = tariff.first + tariff.unit * Math.floor(trip.cmi / 20 + slowMinutes * 0.6);
    if (from === JFK && city.isManhattan[to] || to === JFK && city.isManhattan[from]) {
      trip.rate = TO_JFK;
      trip.fareCents = tariff.jfk;
    } else if (to === EWR && from !== EWR) {
      trip.rate = TO_NEWARK;
      trip.fareCents += tariff.newark;
    }
    this.payment(trip);
  }

  payment(trip) {
    const {random, tariff, city} = this;
    const {from, to} = trip;
    const rush = !trip.weekend && trip.hour >= 16 && trip.hour < 20, night = trip.hour >= 20 || trip.hour < 6;
    trip.extra = trip.rate !== STANDARD ? 0 : rush ? tariff.rush : night ? tariff.night : 0;
    const crossing = city.isManhattan[from] !== city.isManhattan[to] && (from === JFK || to === JFK || from === LGA || to === LGA);
    trip.tolls = crossing && random() < THROUGH_TUNNEL ? tariff.toll : trip.rate === TO_NEWARK ? 1475 : 0;
    trip.congested = city.isYellowZone[from] || city.isYellowZone[to] ? this.congestion : 0;
    trip.airport = this.hasAirportFee && (from === JFK || from === LGA) ? tariff.airport : 0;
    trip.cbd = this.hasCbd && (city.isCbd[from] || city.isCbd[to]) ? 75 : 0;
    const how = random();
    trip.payment = how < this.cardLimit ? CARD : how > 2 ** 32 - NO_PAYMENT ? NO_CHARGE + how % 2 : CASH;
    const percent = 15 + (random() / 2 ** 32 * 16 | 0); // the buttons of the screen: 20, 25, 30, and what people type
    trip.tip = trip.payment === CARD && random() < GENEROUS ? Math.round((trip.fareCents + trip.extra + trip.congested) * percent / 100) : 0;
  }

  write(text, trip, calendar) {
    text.int(trip.vendor);
    text.comma();
    text.time(calendar.wall(trip.start));
    text.comma();
    text.time(calendar.wall(trip.start + trip.seconds));
    text.comma();
    if (trip.voided) {
      trip.payment = NO_CHARGE + (trip.payment === CASH ? 0 : DISPUTE - NO_CHARGE);
      trip.tip = 0;
    }
    if (this.isYellow) {
      this.yellow(text, trip);
    } else {
      this.green(text, trip);
    }
    text.char(10);
  }

  yellow(text, trip) {
    this.passengers(text, trip);
    text.comma();
    text.hundredths(trip.cmi);
    text.comma();
    this.rate(text, trip);
    text.comma();
    this.flag(text, trip);
    text.comma();
    text.int(trip.from);
    text.comma();
    text.int(trip.to);
    text.comma();
    text.int(trip.offline ? 0 : trip.payment);
    const total = this.amounts(text, trip);
    this.money(text, total);
    this.surcharges(text, trip);
  }

  green(text, trip) {
    this.flag(text, trip);
    text.comma();
    this.rate(text, trip);
    text.comma();
    text.int(trip.from);
    text.comma();
    text.int(trip.to);
    text.comma();
    this.passengers(text, trip);
    text.comma();
    text.hundredths(trip.cmi);
    const total = this.amounts(text, trip);
    this.money(text, total);
    text.comma();
    if (!trip.offline) {
      text.int(trip.payment);
    }
    text.comma();
    if (!trip.offline) {
      text.int(trip.dispatched ? 2 : 1);
    }
    this.surcharges(text, trip);
  }

  // Offline rows lack what only the meter knows.
  passengers(text, trip) {
    if (!trip.offline) {
      text.int(trip.passengers);
    }
  }

  rate(text, trip) {
    if (!trip.offline) {
      text.int(trip.rate);
    }
  }

  flag(text, trip) {
    if (!trip.offline) {
      text.char(trip.held ? 89 : 78);
    }
  }

  money(text, cents) {
    text.comma();
    text.hundredths(cents);
  }

  // fare, extra, mta_tax, tip, tolls, (ehail_fee,) improvement; returns the total, which has its own place.
  amounts(text, trip) {
    const sign = trip.voided ? -1 : 1, fare = trip.fareCents + trip.addCents;
    this.money(text, sign * fare);
    this.money(text, sign * trip.extra);
    this.money(text, sign * 50);
    this.money(text, trip.tip);
    this.money(text, sign * trip.tolls);
    if (!this.isYellow) {
      text.comma();
    }
    this.money(text, sign * this.tariff.improvement);
    return sign * (fare + trip.extra + 50 + trip.tolls + this.tariff.improvement + trip.congested + trip.airport + trip.cbd) + trip.tip;
  }

  surcharges(text, trip) {
    const sign = trip.voided ? -1 : 1;
    if (this.hasCongestion) {
      this.surcharge(text, trip, sign * trip.congested);
    }
    if (this.hasAirportFee) {
      this.surcharge(text, trip, sign * trip.airport);
    }
    if (this.hasCbd) {
      this.money(text, sign * trip.cbd);
    }
  }

  surcharge(text, trip, cents) {
    text.comma();
    if (!trip.offline) {
      text.hundredths(cents);
    }
  }
}
