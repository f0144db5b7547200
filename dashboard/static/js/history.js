// The History page: days, weeks and months out of PostgreSQL, as batch-process made them. Asked for when the view changes.

import {Brush} from './brush.js';
import {DayHours} from './dayhours.js';
import {Diff} from './diff.js';
import {byId, node, setData, setText} from './dom.js';
import {fillZones, option} from './filters.js';
import {clock, count, datasetOf} from './format.js';
import {FIGURES, orDash, total} from './metrics.js';
import {addDays, addMonths, comparedRange, daysBetween, isDate, nextOf, rangeText, startOf, stepOn, steps} from './periods.js';
import {PeriodTable} from './periodtable.js';
import {Trend} from './trend.js';
import {bindSwitch, bindTheme, change, onChange, view} from './view.js';
import {loadZones} from './zones.js';

const RETRY_MS = 5000;
const DEFAULT_DAYS = 92;
const WHOLE_BY_DAY = 200; // the range picker's line is by day up to so many days, by week beyond
const PRESETS = {month: 1, quarter: 3, year: 12};
const ASKED_AGAIN = ['dataset', 'zone', 'by', 'from', 'to', 'compare'];

const state = {zones: null, overview: null, whole: [], rows: [], other: []};

/* --- asking --- */

async function ask(where, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== '');
  const reply = await fetch(`${where}${given.length > 0 ? `?${new URLSearchParams(given)}` : ''}`);
  const answer = await reply.json();
  if (!reply.ok) {
    throw new Error(answer.error);
  }
  return answer;
}

const filters = () => ({dataset: view.dataset, zone: view.zone});

function asObjects({columns, rows}) {
  return rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]])));
}

async function series(by, from, to) {
  return asObjects(await ask('api/history/series', {...filters(), by, from: startOf(by, from), to: nextOf(by, startOf(by, to))}));
}

/* --- the range --- */

// From the first to the last day of the datasets chosen.
function extent() {
  const spans = state.overview.datasets.filter(({dataset}) => view.dataset === '' || dataset === view.dataset);
  return spans.length === 0 ? null : {first: spans.map((s) => s.first).sort()[0], last: spans.map((s) => s.last).sort().pop()};
}

function range() {
  const {first, last} = extent();
  const to = isDate(view.to) ? view.to : last;
  const wanted = isDate(view.from) ? view.from : daysBetween(first, to) < DEFAULT_DAYS ? first : addDays(to, -DEFAULT_DAYS + 1);
  return {from: wanted <= to ? wanted : to, to};
}

const compared = () => comparedRange(view.compare, range().from, range().to);

// Each period of the range with its row and, by its place in the range, that of the compared one.
function points() {
  const {from, to} = range();
  const then = compared();
  const rows = new Map(state.rows.map((row) => [row.start, row]));
  const others = new Map(state.other.map((row) => [row.start, row]));
  const first = startOf(view.by, from);
  const n = steps(view.by, first, startOf(view.by, to)) + 1;
  return Array.from({length: n}, (_, i) => {
    const start = stepOn(view.by, first, i);
    const past = then && stepOn(view.by, startOf(view.by, then.from), i);
    const inside = past && past <= then.to;
    return {start, row: rows.get(start), compared: inside ? past : null, other: inside ? others.get(past) : undefined};
  });
}

/* --- drawing --- */

function show(kind, text) {
  byId('connection').dataset.state = kind;
  setText(byId('connection-text'), text);
}

const WITHOUT = {
  none: ['No database is connected', 'The History page reads the days, weeks and months that batch-process makes in PostgreSQL. Start the dashboard with its address, or set DATABASE_URL:',
    'dashboard --database postgresql:///taxi', 'A role that may only read is enough. ./pipeline up connects it by itself.'],
  away: ['The database does not answer', 'The page asks again by itself. Is PostgreSQL running, and is this its address?', 'dashboard --database postgresql:///taxi', ''],
  refused: ['The database refuses', 'The dashboard may connect, but not read. Let its role read the tables of batch-process:',
    'GRANT SELECT ON ALL TABLES IN SCHEMA public TO the_role', ''],
  empty: ['No days yet', 'There are no figures yet. They are made from the stored trips by batch-process:', './pipeline batch', ''],
};

function showWithout({state: kind, text}) {
  const [title, words, command, note] = WITHOUT[kind];
  setText(byId('empty-title'), title);
  setText(byId('empty-text'), words);
  setText(byId('empty-command'), command);
  setText(byId('empty-note'), [kind === 'none' ? '' : text, note].filter(Boolean).join(' · '));
  show(kind === 'away' || kind === 'refused' ? 'lost' : 'catching', text);
  setText(byId('range-text'), 'History');
}

function showOverview() {
  const {run} = state.overview;
  show('live', 'connected, read only');
  setText(byId('made'), run.ended_s > 0 ? clock(run.ended_s) : 'never');
  const waiting = run.dirty + run.todo;
  setText(byId('waiting'), run.error ? `the last run failed: ${run.error}` : waiting > 0 ? `${count(waiting)} changed days` : 'nothing');
  const names = state.overview.datasets.map(({dataset}) => dataset);
  byId('dataset').replaceChildren(option('', 'All datasets'), ...(names.includes(view.dataset) || view.dataset === '' ? names : [...names, view.dataset]).map((name) => option(name, name)));
  byId('dataset').value = view.dataset;
  byId('zone').value = view.zone;
}

function drawFigures() {
  const now = total(state.rows);
  const then = compared() ? total(state.other) : null;
  byId('figures').replaceChildren(...FIGURES.map(({name, title, of, show: words, exact = words, note}) => {
    const value = of(now);
    const before = then ? of(then) : null;
    const change_ = before ? (value - before) / before * 100 : null;
    const big = node('div', {className: 'big', 'data-figure': name}, orDash(words)(value));
    setData(big, value ?? '');
    big.title = orDash(exact)(value);
    const sign = change_ > 0 ? '▲' : change_ < 0 ? '▼' : '=';
    return node('article', {className: 'card figure'}, node('div', {className: 'label'}, title), big, node('div', {className: 'change'},
      ...then === null ? [note(now)] : change_ === null ? ['nothing to compare with']
        : [node('b', {}, `${sign} ${Math.abs(change_).toFixed(1)} %`), ` from ${words(before)}`]));
  }));
}

const trend = new Trend(byId('trend'));
const table = new PeriodTable(byId('table'));
const hours = new DayHours(byId('day'), byId('routes'));
const diff = new Diff(byId('diff'));
const brush = new Brush(byId('brush'), (from, to) => change({from, to, day: ''}));

const zoneText = () => view.zone === '' ? '' : `, ${state.zones.name(Number(view.zone))}`;

function drawRange() {
  const {from, to} = range();
  const {first, last} = extent();
  setText(byId('range-text'), rangeText(from, to));
  brush.draw({first: first < from ? first : from, last: last > to ? last : to, from, to, rows: state.whole.map((row) => [row.start, row.starts])});
  byId('from').value = from;
  byId('to').value = to;
  const preset = Object.keys(PRESETS).find((name) => addDays(addMonths(addDays(to, 1), -PRESETS[name]), 0) === from) ?? (from === first && to === last ? 'all' : '');
  byId('preset').querySelectorAll('button').forEach((button) => button.setAttribute('aria-pressed', String(button.dataset.value === preset)));
  byId('compare').value = ['', 'before', 'year'].includes(view.compare) ? view.compare : 'date';
  byId('compare-field').hidden = byId('compare').value !== 'date';
  byId('compare-from').value = compared()?.from ?? '';
}

function drawSeries() {
  const what = {points: points(), by: view.by, metric: view.metric, range: range(), compared: compared(), zone: zoneText(),
    title: `${rangeText(range().from, range().to)}${zoneText()}`};
  drawFigures();
  trend.draw(what);
  table.draw(what);
}

// The day chosen, or the last whole one of the range: at its end stand the few trips that a file has beyond its month.
function dayShown() {
  if (isDate(view.day)) {
    return view.day;
  }
  const days = state.rows.filter((row) => row.start.length === 10);
  const usual = days.map((row) => row.starts).sort((a, b) => a - b)[Math.floor(days.length / 2)] ?? 0;
  return view.by === 'day' ? days.findLast((row) => row.starts * 4 >= usual)?.start ?? range().to : range().to;
}

async function loadDay() {
  const day = dayShown();
  const answer = await ask('api/history/day', {...filters(), day});
  hours.draw(day, {rows: asObjects(answer), routes: answer.routes}, state.zones, zoneText());
}

async function loadDiff() {
  const answer = await ask('api/history/diff');
  diff.draw({...answer, rows: asObjects(answer)}, (row) => view.dataset === '' || datasetOf(row.source) === view.dataset);
}

/* --- loading --- */

let loads = 0;

// The newest question wins: an answer to an older one is dropped.
async function load() {
  loads += 1;
  const mine = loads;
  try {
    const overview = await ask('api/history');
    const ready = overview.state === 'ready';
    byId('empty').hidden = ready;
    byId('content').hidden = !ready;
    document.querySelectorAll('.with-days').forEach((element) => { element.hidden = !ready; });
    state.overview = overview;
    if (!ready) {
      showWithout(overview);
      if (overview.state !== 'none') {
        setTimeout(() => mine === loads && load(), RETRY_MS);
      }
      return;
    }
    showOverview();
    const span = extent();
    if (!span) {
      change({dataset: ''});
      return;
    }
    const then = compared();
    const [whole, rows, other] = await Promise.all([ask('api/history/series', {...filters(), by: daysBetween(span.first, span.last) > WHOLE_BY_DAY ? 'week' : 'day'}).then(asObjects),
      series(view.by, range().from, range().to), then ? series(view.by, then.from, then.to) : []]);
    if (mine !== loads) {
      return;
    }
    Object.assign(state, {whole, rows, other});
    drawRange();
    drawSeries();
    await Promise.all([loadDay(), loadDiff()]);
    document.body.dataset.loaded = mine;
  } catch (error) {
    if (mine === loads) {
      show('lost', `${error.message}; asked again in ${RETRY_MS / 1000} s`);
      setTimeout(() => mine === loads && load(), RETRY_MS);
    }
  }
}

function bind() {
  fillZones(byId('zone'), state.zones);
  byId('dataset').addEventListener('change', (event) => change({dataset: event.target.value, from: '', to: '', day: ''}));
  byId('zone').addEventListener('change', (event) => change({zone: event.target.value}));
  for (const name of ['from', 'to']) {
    byId(name).addEventListener('change', (event) => isDate(event.target.value) && change({[name]: event.target.value, day: ''}));
  }
  byId('preset').addEventListener('click', ({target: {dataset: {value}}}) => {
    if (value) {
      const {to} = range();
      const {first, last} = extent();
      change(value === 'all' ? {from: first, to: last, day: ''} : {from: addMonths(addDays(to, 1), -PRESETS[value]), to, day: ''});
    }
  });
  byId('compare').addEventListener('change', ({target: {value}}) => change({compare: value === 'date' ? comparedRange('before', range().from, range().to).from : value}));
  byId('compare-from').addEventListener('change', ({target: {value}}) => isDate(value) && change({compare: value}));
  byId('to-table').addEventListener('click', () => { byId('table').scrollIntoView(); byId('table').focus({preventScroll: true}); });
  bindSwitch(byId('metric'), 'metric');
  bindSwitch(byId('by'), 'by');
  bindTheme(byId('theme'), () => {
    [trend, hours, diff].forEach((part) => part.recolour());
    if (state.overview?.state === 'ready') {
      drawSeries();
    }
  });
  onChange((names) => {
    if (names.some((name) => ASKED_AGAIN.includes(name))) {
      load();
    } else if (names.includes('metric') || names.includes('sort')) {
      drawSeries();
    }
    if (names.length === 1 && names[0] === 'day') {
      loadDay().catch((error) => show('lost', error.message));
      byId('day').scrollIntoView({block: 'nearest'});
    }
  });
}

async function start() {
  const {zones, label} = await loadZones();
  state.zones = zones;
  byId('label').hidden = !label;
  byId('theme').classList.toggle('push', !label);
  setText(byId('label'), label ?? '');
  bind();
  await load();
}

start().catch((error) => show('lost', error.message));
