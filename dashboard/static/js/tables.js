// Table twins: the same numbers as a chart, as a table behind a button, and as a file. Filled only while open.

import {csvButton} from './csv.js';
import {node} from './dom.js';

// Binds the button in `section`; fill() gives {head: [...], rows: [{data: {...}, cells: [...]}]}.
export function bindTable(section, fill) {
  const button = section.querySelector('[data-table]');
  const place = section.querySelector('.scroll');
  const title = section.querySelector('h2');
  let body = null;
  const draw = () => {
    if (place.hidden) {
      return;
    }
    const {head, rows} = fill();
    if (!body) {
      body = node('tbody');
      place.replaceChildren(node('table', {}, node('caption', {className: 'sr'}, title.textContent),
        node('thead', {}, node('tr', {}, ...head.map((text) => node('th', {scope: 'col'}, text)))), body));
    }
    body.replaceChildren(...rows.map(({data, cells}) => {
      const made = node('tr', {}, ...cells.map((text, i) => i === 0 ? node('th', {scope: 'row'}, text)
        : node('td', {}, String(text))));
      Object.assign(made.dataset, data);
      return made;
    }));
  };
  const save = csvButton(() => title.textContent, () => {
    const {head, rows} = fill();
    return {head, rows: rows.map(({cells}) => cells)};
  });
  save.hidden = true;
  button.after(save);
  button.setAttribute('aria-expanded', 'false');
  button.setAttribute('aria-label', `Table of ${title.textContent}`);
  button.addEventListener('click', () => {
    place.hidden = !place.hidden;
    save.hidden = place.hidden;
    button.setAttribute('aria-expanded', String(!place.hidden));
    draw();
  });
  return draw;
}
