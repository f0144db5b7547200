// What the visitor looks at. It lives in the URL, so that a link holds the view. Going into a zone or a route is a step that
// the browser's Back takes back.

const DEFAULTS = {dataset: '', source: '', zone: '', route: '', span: 'today', hours: 'day', map: 'pickups', theme: '',
  by: 'day', from: '', to: '', compare: '', metric: 'starts', sort: '', day: ''}; // these of History
const ALLOWED = {span: ['hour', '6h', 'today', 'all'], hours: ['day', 'week', 'all'],
  map: ['pickups', 'dropoffs', 'net'], theme: ['', 'light', 'dark'],
  by: ['day', 'week', 'month'], metric: ['starts', 'ends', 'revenue', 'ride', 'miles']};
const STEPS = ['zone', 'route'];
const listeners = [];

function read() {
  const query = new URLSearchParams(location.search);
  const view = {...DEFAULTS};
  for (const name of Object.keys(DEFAULTS)) {
    const value = query.get(name);
    if (value !== null && (!ALLOWED[name] || ALLOWED[name].includes(value))) {
      view[name] = value;
    }
  }
  return view;
}

export const view = read();

export function change(values) {
  Object.assign(view, values);
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(view)) {
    if (value !== DEFAULTS[name]) {
      query.set(name, value);
    }
  }
  const text = query.toString();
  const where = text ? `?${text}` : location.pathname;
  if (Object.keys(values).some((name) => STEPS.includes(name))) {
    history.pushState(null, '', where);
  } else {
    history.replaceState(null, '', where);
  }
  tell(Object.keys(values));
}

function tell(names) {
  for (const listener of listeners) {
    listener(names);
  }
}

globalThis.addEventListener('popstate', () => {
  const before = {...view};
  Object.assign(view, read());
  tell(Object.keys(view).filter((name) => view[name] !== before[name]));
});

export function onChange(listener) {
  listeners.push(listener);
}

// The part of the view that the server answers by.
export function serverQuery() {
  const query = new URLSearchParams();
  for (const name of ['dataset', 'source', 'zone', 'route', 'span', 'hours']) {
    if (view[name] !== '') {
      query.set(name, view[name]);
    }
  }
  return query.toString();
}

export function isDark() {
  return view.theme === '' ? matchMedia('(prefers-color-scheme: dark)').matches : view.theme === 'dark';
}

// A group of buttons for one member of the view.
export function bindSwitch(group, name) {
  const show = () => group.querySelectorAll('button').forEach((button) =>
    button.setAttribute('aria-pressed', String(button.dataset.value === view[name])));
  group.addEventListener('click', (event) => {
    if (event.target.dataset.value) {
      change({[name]: event.target.dataset.value});
    }
  });
  onChange(show);
  show();
}

// The Theme button, the same on every page; calls back when colours have changed.
export function bindTheme(button, changed) {
  const name = () => button.setAttribute('aria-label', `Theme: change to ${isDark() ? 'light' : 'dark'}`);
  const shown = () => { name(); changed(); };
  button.addEventListener('click', () => {
    change({theme: isDark() ? 'light' : 'dark'});
    document.documentElement.dataset.theme = view.theme;
    shown();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', shown);
  name();
}
