// The smallest tools for building a page out of data without ever parsing HTML: text goes in as text.

export const byId = (id) => document.getElementById(id);

// node('td', {className: 'l', 'data-zone': 74}, 'text', otherNode)
export function node(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'className') {
      made.className = value;
    } else {
      made.setAttribute(name, value);
    }
  }
  made.append(...children);
  return made;
}

export function setText(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

export function setData(element, value) {
  if (element.dataset.value !== String(value)) {
    element.dataset.value = value;
  }
}

// Lets the browser paint and take input before more is done.
export const breathe = () => new Promise((done) => { setTimeout(done); });

let known = null;

// The colours of the current theme, by the names of the tokens without their dashes. Reading them makes the browser style the page.
export function colours() {
  known ??= readColours();
  return known;
}

export function forgetColours() {
  known = null;
}

function readColours() {
  const style = getComputedStyle(document.documentElement);
  const names = ['page', 'card', 'line', 'ink', 'ink-2', 'ink-3', 'start', 'start-soft', 'end', 'end-soft',
    'under', 'seq-0', 'seq-1', 'seq-2', 'seq-3', 'seq-4', 'seq-5'];
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

export function mix(a, b, part) {
  const read = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
  const [from, to] = [read(a), read(b)];
  return `#${from.map((v, i) => Math.round(v + (to[i] - v) * part).toString(16).padStart(2, '0')).join('')}`;
}
