// Predictions as bars. Elements are kept per label, so that widths move from one result to the next.

import { decimal, h, percent } from './dom.js';

export class Bars {
  #list;
  #rows = new Map();

  /** @param colors returns the color of a label's swatch; without it there is none */
  constructor(list, colors) {
    this.#list = list;
    this.colors = colors;
  }

  /** @param predictions in the order of the rows */
  show(predictions) {
    const labels = new Set(predictions.map(prediction => prediction.label));
    for (const [label, row] of this.#rows) {
      if (labels.has(label)) continue;
      row.element.remove();
      this.#rows.delete(label);
    }
    const best = Math.max(...predictions.map(prediction => prediction.probability));
    predictions.forEach((prediction, index) => {
      const row = this.#rows.get(prediction.label) ?? this.#add(prediction.label);
      row.percent.textContent = percent(prediction.probability);
      row.cosine.textContent = prediction.cosine === undefined ? '' : `cosine ${decimal(prediction.cosine, 4)}`;
      row.fill.style.setProperty('--share', prediction.probability);
      row.element.classList.toggle('is-first', prediction.probability === best);
      const color = this.colors?.(prediction.label);
      if (color) row.element.style.setProperty('--color', color);
      if (this.#list.children[index] !== row.element)
        this.#list.insertBefore(row.element, this.#list.children[index] ?? null);
    });
  }

  clear() {
    this.#rows.clear();
    this.#list.replaceChildren();
  }

  #add(label) {
    const row = {
      percent: h('span', { class: 'bar-percent' }), cosine: h('span', { class: 'bar-cosine' }),
      fill: h('span', { class: 'bar-fill' }),
    };
    row.element = h(
      'li', { class: 'bar' }, h('span', { class: 'bar-label' }, label), row.cosine, row.percent,
      h('span', { class: 'bar-track', 'aria-hidden': 'true' }, row.fill));
    this.#rows.set(label, row);
    return row;
  }
}
