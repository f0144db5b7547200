// Days, weeks and months of the calendar as text, "2024-01-15": no time of day, so no time zone.

const DAY_MS = 86400000;
const SHORT = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

const at = (date) => Date.parse(`${date}T00:00:00Z`);
const text = (ms) => new Date(ms).toISOString().slice(0, 10);
const pieces = (date) => date.split('-').map(Number);

export const isDate = (date) => /^\d{4}-\d{2}-\d{2}$/.test(date) && !Number.isNaN(at(date)) && text(at(date)) === date;
export const addDays = (date, n) => text(at(date) + n * DAY_MS);
export const daysBetween = (from, to) => Math.round((at(to) - at(from)) / DAY_MS);

// The same day of another month, or its last one.
export function addMonths(date, n) {
  const [year, month, day] = pieces(date);
  const first = Date.UTC(year, month - 1 + n, 1);
  const days = new Date(Date.UTC(year, month + n, 0)).getUTCDate();
  return text(first + (Math.min(day, days) - 1) * DAY_MS);
}

// First day of the period that holds the date, and of the one after it. Weeks begin on Monday.
export function startOf(by, date) {
  if (by === 'week') {
    return addDays(date, -((new Date(at(date)).getUTCDay() + 6) % 7));
  }
  return by === 'month' ? `${date.slice(0, 7)}-01` : date;
}
export function nextOf(by, start) {
  return by === 'week' ? addDays(start, 7) : by === 'month' ? addMonths(start, 1) : addDays(start, 1);
}

// How many periods lie between two starts.
export function steps(by, from, to) {
  if (by === 'month') {
    const [[y1, m1], [y2, m2]] = [pieces(from), pieces(to)];
    return (y2 - y1) * 12 + m2 - m1;
  }
  return Math.round(daysBetween(from, to) / (by === 'week' ? 7 : 1));
}
export function stepOn(by, start, n) {
  return by === 'month' ? addMonths(start, n) : addDays(start, n * (by === 'week' ? 7 : 1));
}

export function dayText(date) {
  const [year, month, day] = pieces(date);
  return `${day} ${SHORT[month - 1]} ${year}`;
}
export const weekdayText = (date) => `${WEEKDAYS[new Date(at(date)).getUTCDay()]} ${dayText(date)}`;
export function periodText(by, start) {
  const [year, month, day] = pieces(start);
  return by === 'month' ? `${SHORT[month - 1]} ${year}` : by === 'week' ? `week of ${day} ${SHORT[month - 1]} ${year}` : weekdayText(start);
}
export function tickText(by, start, many) {
  const [year, month, day] = pieces(start);
  return by === 'month' || many ? `${SHORT[month - 1]} ${year}` : `${day} ${SHORT[month - 1]}`;
}

// "1 to 31 Jan 2024", "15 Dec 2023 to 3 Jan 2024"
export function rangeText(from, to) {
  const [[y1, m1, d1], [y2, m2]] = [pieces(from), pieces(to)];
  if (from === to) {
    return dayText(from);
  }
  if (y1 === y2 && m1 === m2) {
    return `${d1} to ${dayText(to)}`;
  }
  return y1 === y2 ? `${d1} ${SHORT[m1 - 1]} to ${dayText(to)}` : `${dayText(from)} to ${dayText(to)}`;
}

const wholeMonths = (from, to) => from.endsWith('-01') && addDays(to, 1).endsWith('-01');

// The range that [from, to] is compared with: whole months with whole months, else as many days; a year before keeps the weekday
// unless it is of whole months. "" and what is no date: none.
export function comparedRange(compare, from, to) {
  const days = daysBetween(from, to);
  if (compare === 'before') {
    if (wholeMonths(from, to)) {
      const months = steps('month', from, addDays(to, 1));
      return {from: addMonths(from, -months), to: addDays(from, -1)};
    }
    return {from: addDays(from, -days - 1), to: addDays(from, -1)};
  }
  if (compare === 'year') {
    return wholeMonths(from, to) ? {from: addMonths(from, -12), to: addDays(addMonths(addDays(to, 1), -12), -1)}
      : {from: addDays(from, -364), to: addDays(to, -364)};
  }
  if (!isDate(compare)) {
    return null;
  }
  if (wholeMonths(from, to) && compare.endsWith('-01')) {
    return {from: compare, to: addDays(addMonths(compare, steps('month', from, addDays(to, 1))), -1)};
  }
  return {from: compare, to: addDays(compare, days)};
}
