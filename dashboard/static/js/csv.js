// Tables as files. Numbers go without thousands separators, text as it is shown.

import {node} from './dom.js';

const NUMBER = /^-?\d{1,3}(,\d{3})*(\.\d+)?$/;

function field(value) {
  const text = String(value);
  if (NUMBER.test(text)) {
    return text.replaceAll(',', '');
  }
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

// RFC 4180.
export function csvText(head, rows) {
  return [head, ...rows].map((cells) => `${cells.map(field).join(',')}\r\n`).join('');
}

export const fileName = (title) => `${title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-|-$/g, '')}.csv`;

// A button that saves the table that read() gives, {head, rows: [[cell]]}, under its title.
export function csvButton(title, read) {
  const button = node('button', {type: 'button', className: 'small', 'aria-label': `Save ${title()} as CSV`}, 'CSV');
  button.addEventListener('click', () => {
    const {head, rows} = read();
    const url = URL.createObjectURL(new Blob([csvText(head, rows)], {type: 'text/csv'}));
    const link = node('a', {href: url, download: fileName(title())});
    link.click();
    URL.revokeObjectURL(url);
  });
  return button;
}
