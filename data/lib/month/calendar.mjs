// When trips happen: the hours of a month on New York's clock, each with the rows it gets.
//
// Seconds are counted from the month's first midnight; "real" ones run through, "wall" ones jump with the clock twice a year.

const DAY_S = 86400;
const daysOf = (year, month, day) => Date.UTC(year, month - 1, day) / (DAY_S * 1000);
const weekday = (days) => (days + 4) % 7; // 0 is Sunday

// The n-th Sunday of a month.
const sunday = (year, month, n) => {
  const first = daysOf(year, month, 1);
  return first + (7 - weekday(first)) % 7 + (n - 1) * 7;
};

// Relative demand by hour. Shapes of many years: cabs peak after work, the night before a free day is long.
const HOURS = {
  taxi: {
    work: [8, 5, 3, 2, 2, 3, 7, 13, 17, 17, 17, 18, 19, 19, 20, 20, 19, 21, 24, 23, 20, 19, 17, 13],
    saturday: [17, 14, 11, 8, 5, 3, 4, 6, 9, 13, 16, 19, 21, 21, 21, 21, 20, 21, 22, 22, 20, 19, 20, 20],
    sunday: [18, 15, 12, 9, 6, 3, 4, 5, 7, 11, 15, 18, 20, 20, 20, 19, 19, 19, 19, 17, 15, 14, 12, 9],
  },
  outer: {
    work: [4, 3, 2, 2, 1, 1, 4, 11, 14, 14, 13, 13, 13, 14, 16, 18, 19, 20, 19, 15, 11, 8, 7, 5],
    saturday: [9, 8, 7, 6, 4, 2, 3, 5, 8, 10, 12, 13, 14, 15, 15, 15, 15, 15, 15, 14, 12, 10, 10, 9],
    sunday: [10, 9, 8, 7, 5, 2, 2, 4, 6, 9, 11, 12, 13, 13, 13, 13, 13, 12, 12, 11, 9, 7, 6, 5],
  },
  hailed: {
    work: [14, 9, 6, 5, 6, 9, 15, 22, 24, 20, 18, 18, 18, 19, 21, 22, 23, 25, 27, 27, 25, 24, 21, 18],
    saturday: [28, 22, 17, 13, 9, 7, 8, 10, 13, 16, 18, 20, 21, 22, 23, 23, 24, 26, 29, 30, 28, 28, 29, 29],
    sunday: [30, 25, 20, 15, 11, 8, 8, 9, 12, 15, 18, 20, 21, 22, 22, 22, 22, 22, 22, 20, 18, 16, 14, 12],
  },
};
const DAYS = { // Sunday first
  taxi: [88, 86, 98, 103, 106, 106, 106],
  outer: [66, 92, 104, 106, 108, 110, 98],
  hailed: [98, 86, 92, 96, 102, 114, 120],
};

function isHoliday(days, year) {
  const thanksgiving = daysOf(year, 11, 1) + (11 - weekday(daysOf(year, 11, 1))) % 7 + 21;
  return [daysOf(year, 1, 1), daysOf(year, 7, 4), thanksgiving, daysOf(year, 12, 25)].includes(days);
}

function weightOf(kind, days, hour, year) {
  const holiday = isHoliday(days, year), dow = holiday ? 0 : weekday(days);
  const shape = HOURS[kind][dow === 0 ? 'sunday' : dow === 6 ? 'saturday' : 'work'];
  return shape[hour] * DAYS[kind][dow] * (holiday ? 80 : 100);
}

export class Calendar {
  constructor(year, month) {
    Object.assign(this, {year, month});
    this.firstDay = daysOf(year, month, 1);
    this.daysN = (month === 12 ? daysOf(year + 1, 1, 1) : daysOf(year, month + 1, 1)) - this.firstDay;
    // Clocks go forward at 02:00 on the second Sunday of March, back at 02:00 on the first Sunday of November. A change just after
    // the month still matters to trips across its end.
    const near = [[sunday(year, 3, 2), 3600], [sunday(year, 11, 1), -3600]]
      .map(([day, shift]) => ({at: (day - this.firstDay) * DAY_S + 7200, shift}))
      .find(({at}) => at >= 0 && at < (this.daysN + 2) * DAY_S);
    this.changeAt = near ? near.at : Infinity;
    this.shift = near ? near.shift : 0;
    this.realEnd = this.daysN * DAY_S - (this.changeAt < this.daysN * DAY_S ? this.shift : 0);
  }

  wall(real) {
    return real >= this.changeAt ? real + this.shift : real;
  }

  // {real, hour, weekend, rows} for each hour of the month; rows add up to rowsN exactly.
  hours(kind, rowsN) {
    const hours = [];
    let sum = 0;
    for (let real = 0; real < this.realEnd; real += 3600) {
      const wall = this.wall(real), day = this.firstDay + Math.floor(wall / DAY_S), hour = wall / 3600 % 24;
      const weight = weightOf(kind, day, hour, this.year);
      hours.push({real, hour, weekend: [0, 6].includes(weekday(day)) || isHoliday(day, this.year), weight});
      sum += weight;
    }
    let before = 0, given = 0;
    for (const h of hours) {
      before += h.weight;
      const upTo = Math.floor(before / sum * rowsN);
      h.rows = upTo - given;
      given = upTo;
    }
    hours[hours.length - 1].rows += rowsN - given;
    return hours;
  }
}
