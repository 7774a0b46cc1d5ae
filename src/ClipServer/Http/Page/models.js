// The tab Models: what the server runs, and what the authors of the models say about them.

import { ModelState, stateNames } from './api.js';
import { byId, count, h, icon } from './dom.js';

export class Models {
  #app;

  constructor(app) {
    this.#app = app;
    byId('models-refresh').addEventListener('click', () => this.#app.refresh());
  }

  show() {
    this.#app.refresh();
  }

  hide() {}

  snippet() {
    return { kind: 'models' };
  }

  render({ models, limits, serverVersion }) {
    byId('models-empty').hidden = models.length > 0;
    byId('models-list').replaceChildren(...models.map(model => this.#card(model)));
    byId('models-server').replaceChildren(...pairs([
      ['Version', serverVersion],
      ['Inputs per call', limits?.maxInputs.toLocaleString('en')],
      ['Labels', limits?.maxLabels.toLocaleString('en')],
      ['Message', limits && `${Math.round(limits.maxMessageBytes / 1048576)} MiB`],
      ['Pixels per image', limits && `${Math.round(limits.maxImagePixels / 1e6)} million`],
    ]));
    this.#renderHealth();
  }

  async #renderHealth() {
    const states = await Promise.all([['Alive', 'healthz'], ['Ready', 'readyz']].map(async ([name, path]) => {
      try {
        const response = await fetch(new URL(path, document.baseURI), { cache: 'no-store' });
        return { name, isGood: response.ok, text: (await response.text()).trim() };
      } catch {
        return { name, isGood: false, text: 'The server cannot be reached.' };
      }
    }));
    byId('models-health').replaceChildren(...states.map(({ name, isGood, text }) => h(
      'li', { class: isGood ? 'is-good' : 'is-bad' }, icon(isGood ? 'check' : 'alert'),
      h('span', {}, isGood ? name : `Not ${name.toLowerCase()}: ${text}`))));
  }

  #card(model) {
    const architecture = model.architecture ?? {};
    const card = model.card ?? {};
    const state = stateNames[model.state] ?? 'unknown';
    return h(
      'li', { class: 'card model' },
      h('div', { class: 'model-head' },
        h('h3', {}, model.name),
        model.isDefault ? h('span', { class: 'badge' }, 'default') : null,
        h('span', { class: `badge state-${state}` }, state)),
      model.source === model.name ? null : h('p', { class: 'model-source' }, model.source),
      model.state === ModelState.ready || model.revision ? this.#details(model, architecture) : h(
        'p', { class: 'muted' }, 'Its details are here when it is loaded.'),
      this.#text('Intended use', card.intendedUse), this.#text('Out of scope', card.outOfScopeUse),
      this.#text('Training data', card.trainingData), this.#link(card.url));
  }

  #details(model, architecture) {
    const { card = {} } = model;
    return h('dl', { class: 'facts' }, ...pairs([
      ['License', card.license || 'not stated'],
      ['Revision', model.revision, 'code'],
      ['Precision', `${model.precision} on ${model.provider}`],
      ['Embedding', count(architecture.embeddingDimensions ?? 0, 'dimension')],
      ['Image', `${architecture.imageSize} × ${architecture.imageSize}, patches of ${architecture.patchSize}`],
      ['Text', `${architecture.contextLength} tokens`],
      ['Parameters', architecture.parameters ? `${(architecture.parameters / 1e6).toFixed(1)} million` : undefined],
      ['Logit scale', model.logitScale.toFixed(2)],
      ['Batch', `up to ${model.maxBatchSize}`],
      ['ImageNet top-1', card.imagenetTop1 === undefined ? undefined : `${card.imagenetTop1.toFixed(1)} % (published)`],
    ]));
  }

  #text(name, text) {
    return text ? h('div', { class: 'model-text' }, h('h4', {}, name), h('p', {}, text)) : null;
  }

  #link(url) {
    if (!url) return null;
    return /^https?:\/\//.test(url)
      ? h('p', { class: 'model-link' }, h('a', { href: url, rel: 'noreferrer', target: '_blank' }, 'Full model card'))
      : h('p', { class: 'model-link muted' }, 'Full model card: ', h('code', {}, url));
  }
}

function pairs(entries) {
  return entries.filter(([, value]) => value !== undefined && value !== '').map(([name, value, tag]) => h(
    'div', {}, h('dt', {}, name), h('dd', {}, tag ? h(tag, {}, value) : value)));
}
