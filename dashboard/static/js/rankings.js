// Rankings as text on bars: top pickup zones, top drop-off zones, top routes, longest rides under way. A zone or a route is a
// button: it filters, and pressed again it does no longer.

import {node, setText} from './dom.js';
import {count, duration, hourAndMinute} from './format.js';
import {change, view} from './view.js';

const ROWS = 10;

// [[zone, count]] with the largest first; equal counts by zone id, so that rows do not jump about.
export function largest(pairs, rows = ROWS) {
  return [...pairs].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, rows);
}

function pressed(pick, is) {
  pick.setAttribute('aria-pressed', String(is));
}

function fill(list, wanted, make, update, empty = 'none in this span') {
  while (list.children.length > wanted.length) {
    list.lastChild.remove();
  }
  if (wanted.length === 0) {
    list.append(node('li', {className: 'none'}, empty));
    return;
  }
  if (list.firstChild?.className === 'none') {
    list.firstChild.remove();
  }
  wanted.forEach((entry, i) => {
    if (i >= list.children.length) {
      list.append(make(i));
    }
    update(list.children[i], entry, wanted);
  });
}

const row = (...name) => node('li', {}, node('span', {className: 'rank', 'aria-hidden': 'true'}),
  node('span', {className: 'name'}, ...name), node('span', {className: 'count'}));

export function drawZones(list, figure, pairs, zones) {
  fill(list, largest(pairs), (i) => {
    const pick = node('button', {type: 'button', className: 'pick'});
    const made = row(pick, ' ', node('small'));
    made.dataset.figure = figure;
    made.firstChild.textContent = i + 1;
    pick.addEventListener('click', () => {
      change({zone: view.zone === made.dataset.zone ? '' : made.dataset.zone});
    });
    return made;
  }, (made, [zone, n], all) => {
    const [, name, number] = made.children;
    made.dataset.zone = zone;
    made.dataset.value = n;
    made.style.setProperty('--w', `${n / all[0][1] * 100}%`);
    setText(name.children[0], zones.name(zone));
    pressed(name.children[0], view.zone === String(zone));
    setText(name.children[1], zones.borough(zone));
    name.title = `${zones.name(zone)}, ${zones.borough(zone)}: filter to this zone`;
    setText(number, count(n));
  });
}

export function drawRoutes(list, routes, zones) {
  const sorted = [...routes].sort((a, b) => b[2] - a[2] || a[0] - b[0] || a[1] - b[1]).slice(0, ROWS);
  fill(list, sorted, (i) => {
    const pick = node('button', {type: 'button', className: 'pick'});
    const made = row(pick);
    made.dataset.figure = 'route';
    made.firstChild.textContent = i + 1;
    made.lastChild.append(node('b'), ' ', node('small'));
    pick.addEventListener('click', () => {
      const route = `${made.dataset.from}-${made.dataset.to}`;
      change({route: view.route === route ? '' : route});
    });
    return made;
  }, (made, [from, to, n, ride], all) => {
    const [, name, number] = made.children;
    Object.assign(made.dataset, {from, to, value: n, ride});
    made.style.setProperty('--w', `${n / all[0][2] * 100}%`);
    setText(name.children[0], `${zones.name(from)} → ${zones.name(to)}`);
    pressed(name.children[0], view.route === `${from}-${to}`);
    name.title = `${name.textContent}: its trips by hour`;
    setText(number.children[0], count(n));
    setText(number.children[1], `${count(ride / n / 60)} min`);
  });
}

// trips: [[trip id, start, zone]], those that began first in front; null when nobody has told.
export function drawLongest(list, trips, clock, zones) {
  fill(list, trips ?? [], (i) => {
    const made = row(node('span'), ' ', node('small'));
    made.dataset.figure = 'longest';
    made.firstChild.textContent = i + 1;
    made.lastChild.append(node('b'), ' ', node('small'));
    return made;
  }, (made, [trip, start, zone]) => {
    const [, name, number] = made.children;
    const age = clock - start;
    Object.assign(made.dataset, {trip, start, zone, value: age});
    made.style.setProperty('--w', `${age / Math.max(1, clock - trips[0][1]) * 100}%`);
    setText(name.children[0], zones.name(zone));
    setText(name.children[1], zones.borough(zone));
    name.title = `trip ${trip}, from ${zones.name(zone)}, ${zones.borough(zone)}`;
    setText(number.children[0], duration(age));
    setText(number.children[1], `since ${hourAndMinute(start)}`);
  }, trips ? 'none is under way' : 'not told since the dashboard was started');
}

// What the rankings show, as tables for their files.
export const TABLES = {
  zones: (pairs, zones) => ({head: ['Zone', 'Borough', 'Trips'], rows: largest(pairs).map(([zone, n]) => [zones.name(zone), zones.borough(zone), n])}),
  routes: (routes, zones) => ({head: ['From', 'To', 'Trips', 'Mean ride, seconds'],
    rows: routes.map(([from, to, n, ride]) => [zones.name(from), zones.name(to), n, Math.round(ride / n)])}),
  longest: (trips, clock, zones) => ({head: ['Trip', 'Pickup zone', 'Borough', 'Started, seconds since 1970', 'Under way, seconds'],
    rows: (trips ?? []).map(([trip, start, zone]) => [trip, zones.name(zone), zones.borough(zone), start, clock - start])}),
};
