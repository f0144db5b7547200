// CSV text in one large buffer: digits straight to bytes, no strings on the way of a row.

const TEN = 48, DAY_S = 86400;
export const DAYS_BEFORE = 3, DAYS_AFTER = 4; // days around the month whose dates stand ready

// Days since 1970 to [year, month, day], after H. Hinnant's days_from_civil.
export function civilOf(days) {
  const date = new Date(days * DAY_S * 1000);
  return [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
}

const dateText = (days) => {
  const [year, month, day] = civilOf(days);
  return `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')} `;
};

export class Text {
  // firstDay: days since 1970 of the month's first day; times are wall seconds from its midnight.
  constructor(bytesMax, firstDay, daysN) {
    this.bytes = Buffer.alloc(bytesMax);
    this.n = 0;
    this.firstDay = firstDay;
    this.dates = Array.from({length: DAYS_BEFORE + daysN + DAYS_AFTER}, (_, i) => Buffer.from(dateText(firstDay + i - DAYS_BEFORE)));
  }

  char(code) {
    this.bytes[this.n++] = code;
  }

  comma() {
    this.bytes[this.n++] = 44;
  }

  ascii(text) {
    for (let i = 0; i < text.length; i++) {
      this.bytes[this.n++] = text.charCodeAt(i);
    }
  }

  int(value) {
    if (value < 10) {
      this.bytes[this.n++] = TEN + value;
    } else if (value < 100) {
      this.two(value);
    } else {
      const rest = value / 100 | 0;
      this.int(rest);
      this.two(value - rest * 100);
    }
  }

  two(value) {
    const tens = value / 10 | 0;
    this.bytes[this.n++] = TEN + tens;
    this.bytes[this.n++] = TEN + value - tens * 10;
  }

  // Hundredths as TLC writes them: 7, 7.5, 7.25, -7.5.
  hundredths(value) {
    if (value < 0) {
      this.char(45);
      value = -value;
    }
    const whole = value / 100 | 0, rest = value - whole * 100;
    this.int(whole);
    if (rest > 0) {
      this.char(46);
      this.two(rest);
      this.n -= rest % 10 === 0 ? 1 : 0;
    }
  }

  // "2024-01-01 00:12:34" of wall seconds from the month's first midnight.
  time(wall) {
    const day = Math.floor(wall / DAY_S), s = wall - day * DAY_S;
    const date = this.dates[day + DAYS_BEFORE] ?? Buffer.from(dateText(this.firstDay + day));
    for (let i = 0; i < 11; i++) {
      this.bytes[this.n + i] = date[i];
    }
    this.n += 11;
    const hour = s / 3600 | 0, minute = s / 60 | 0;
    this.two(hour);
    this.char(58);
    this.two(minute - hour * 60);
    this.char(58);
    this.two(s - minute * 60);
  }
}
