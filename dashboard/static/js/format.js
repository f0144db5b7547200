// Numbers and times as people read them: thousands separators, dollars, New York time.

const whole = new Intl.NumberFormat('en-US', {maximumFractionDigits: 0});
const tenth = new Intl.NumberFormat('en-US', {minimumFractionDigits: 1, maximumFractionDigits: 1});
const money = new Intl.NumberFormat('en-US', {style: 'currency', currency: 'USD', maximumFractionDigits: 0});
const newYork = new Intl.DateTimeFormat('en-GB', {timeZone: 'America/New_York', weekday: 'short', year: 'numeric',
  month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23'});

export const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September',
  'October', 'November', 'December'];
export const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

const shortNumber = new Intl.NumberFormat('en-US', {notation: 'compact', maximumSignificantDigits: 4});

// For where there is little room: 36709431 -> "36.71M"; what is short stays whole.
export const brief = (n) => n >= 1e7 ? shortNumber.format(n) : whole.format(n);
export const briefDollars = (cents) => `$${brief(cents / 100)}`;
export const count = (n) => whole.format(n);
export const decimal = (n) => tenth.format(n);
export const dollars = (cents) => money.format(cents / 100);
// Ride times are held by the minute up to an hour: the last bin is "60 and over".
export const minutes = (seconds) => seconds >= 3600 ? '60+ min' : `${tenth.format(seconds / 60)} min`;

// New York's calendar of an instant: {weekday, day, month, year, hour, minute}, all text.
export function parts(seconds) {
  const found = {};
  for (const {type, value} of newYork.formatToParts(new Date(seconds * 1000))) {
    found[type] = value;
  }
  return found;
}

export function clock(seconds) {
  const p = parts(seconds);
  return `${p.weekday} ${p.day} ${p.month} ${p.year}, ${p.hour}:${p.minute}`;
}

export function dayAndHour(seconds) {
  const p = parts(seconds);
  return `${p.weekday} ${p.day} ${p.month} ${p.hour}:00`;
}

export function dayAndMinute(seconds) {
  const p = parts(seconds);
  return `${p.weekday} ${p.day} ${p.month} ${p.hour}:${p.minute}`;
}

export const hourAndMinute = (seconds) => { const p = parts(seconds); return `${p.hour}:${p.minute}`; };
export const dayName = (seconds) => { const p = parts(seconds); return `${p.day} ${p.month}`; };
export const spanText = (span, clock) => ({hour: `last hour, to ${hourAndMinute(clock)}`, '6h': `last 6 hours, to ${hourAndMinute(clock)}`,
  today: `today, 00:00 to ${hourAndMinute(clock)}`, all: `all, to ${dayName(clock)} ${hourAndMinute(clock)}`}[span]);

// "green 2024-01" -> "green, January 2024"; anything else as it is.
export function sourceName(text) {
  const found = /^(\S+) (\d{4})-(\d{2})$/.exec(text);
  return found ? `${found[1]}, ${MONTHS[Number(found[3]) - 1]} ${found[2]}` : text;
}

// 2202401 -> "green, January 2024"
export const datasetOf = (source) => ['', 'yellow', 'green', 'fhv', 'fhvhv', 'other', '', '', '', 'live'][Math.floor(source / 1e6)];
export function sourceTitle(source) {
  const month = String(source % 1e6);
  return sourceName(month === '0' ? datasetOf(source) : `${datasetOf(source)} ${month.slice(0, 4)}-${month.slice(4)}`);
}

export const mebibytes = (bytes) => bytes === undefined ? '–' : `${count(bytes / 2 ** 20)} MiB`;
export function duration(seconds) {
  if (seconds === undefined) {
    return '–';
  }
  const [h, m] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return h > 0 ? `${count(h)} h ${m} min` : m > 0 ? `${m} min` : `${seconds} s`;
}
