// Elements without a framework. Nothing here takes HTML from a string: the page's policy forbids it.

const SVG = 'http://www.w3.org/2000/svg';

export const byId = id => document.getElementById(id);

/** h('button', { class: 'quiet', 'aria-label': 'Close', onclick: close }, 'text', element) */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.filter(child => child !== null && child !== undefined));
  return element;
}

/** One of the symbols at the end of index.html. */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `#icon-${name}`);
  svg.append(use);
  return svg;
}

export function debounce(action, milliseconds) {
  let timer;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(action, milliseconds, ...values);
  };
}

export const percent = probability =>
  probability >= 0.9995 ? '100 %' : probability < 0.0005 ? '0 %' : `${(100 * probability).toFixed(1)} %`;

/** With the sign that has the width of a digit. */
export const decimal = (value, digits) => value.toFixed(digits).replace('-', '−');

export const milliseconds = microseconds =>
  microseconds < 10000 ? `${(microseconds / 1000).toFixed(1)} ms` : `${Math.round(microseconds / 1000)} ms`;

export const count = (number, singular, plural = `${singular}s`) =>
  `${number.toLocaleString('en')} ${number === 1 ? singular : plural}`;

/** A list with one tab stop, in which the arrow keys move and select. */
export function tabs(list, onSelect) {
  const all = () => [...list.querySelectorAll('[role=tab]')];
  const select = tab => {
    for (const other of all()) {
      other.setAttribute('aria-selected', other === tab);
      other.tabIndex = other === tab ? 0 : -1;
    }
    onSelect(tab);
  };
  list.addEventListener('click', event => {
    const tab = event.target.closest('[role=tab]');
    if (tab) select(tab);
  });
  list.addEventListener('keydown', event => {
    const tabs = all();
    const at = tabs.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    const tab = tabs[(to + tabs.length) % tabs.length];
    tab.focus();
    select(tab);
  });
  return select;
}
