// Rankings as text on bars: top pickup zones, top drop-off zones, top routes.

import {node, setText} from './dom.js';
import {count} from './format.js';
import {change, view} from './view.js';

const ROWS = 10;

// [[zone, count]] with the largest first; equal counts by zone id, so that rows do not jump about.
export function largest(pairs, rows = ROWS) {
  return [...pairs].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, rows);
}

function fill(list, wanted, make, update) {
  while (list.children.length > wanted.length) {
    list.lastChild.remove();
  }
  if (wanted.length === 0) {
    list.append(node('li', {className: 'none'}, 'none in this span'));
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
    setText(name.children[1], zones.borough(zone));
    name.title = `${zones.name(zone)}, ${zones.borough(zone)}: filter to this zone`;
    setText(number, count(n));
  });
}

export function drawRoutes(list, routes, zones) {
  const sorted = [...routes].sort((a, b) => b[2] - a[2] || a[0] - b[0] || a[1] - b[1]).slice(0, ROWS);
  fill(list, sorted, (i) => {
    const made = row();
    made.dataset.figure = 'route';
    made.firstChild.textContent = i + 1;
    made.lastChild.append(node('b'), ' ', node('small'));
    return made;
  }, (made, [from, to, n, ride], all) => {
    const [, name, number] = made.children;
    Object.assign(made.dataset, {from, to, value: n, ride});
    made.style.setProperty('--w', `${n / all[0][2] * 100}%`);
    setText(name, `${zones.name(from)} → ${zones.name(to)}`);
    name.title = name.textContent;
    setText(number.children[0], count(n));
    setText(number.children[1], `${count(ride / n / 60)} min`);
  });
}
