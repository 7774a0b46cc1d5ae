// The tab Search: images are embedded once; a query is one more embedding, and its cosines are computed here.

import { embed } from './api.js';
import { byId, count, debounce, decimal, h } from './dom.js';
import { Code, RpcError } from './grpc.js';
import { fetchSample, intake, readImage, samples, thumbnail } from './images.js';
import { showError } from './notices.js';

const MAX_IMAGES = 200;
const IMAGES_PER_CALL = 8;
const CONCURRENT_CALLS = 2;
const MAX_ATTEMPTS = 5;

export class Search {
  #app;
  #panel = byId('panel-search');
  #items = [];
  #revision;
  #query; // { text } or { item } or { file }
  #embedding = 0;
  #querying;
  #ask = debounce(() => this.#runQuery(), 250);

  constructor(app) {
    this.#app = app;
    const refuse = message => this.#fail(new Error(message));
    intake(byId('search-drop'), byId('search-files'), this.#panel, files => this.#add(files), refuse);
    byId('search-samples').addEventListener('click', () => this.#addSamples());
    byId('search-clear').addEventListener('click', () => this.#clear());
    byId('search-text').addEventListener('input', event => {
      const text = event.target.value.trim();
      this.#setQuery(text ? { text } : undefined);
    });
    byId('search-image').addEventListener('change', event => {
      const [file] = event.target.files;
      event.target.value = '';
      if (file) this.#setQuery({ file });
    });
    byId('search-forget').addEventListener('click', () => this.#setQuery(undefined));
  }

  show() {
    this.#embedAll();
  }

  hide() {}

  modelChanged() {
    if (this.#app.model?.revision === this.#revision) return;
    for (const item of this.#items) {
      item.vector = undefined;
      item.state = item.thumbnail ? 'waiting' : 'invalid';
    }
    if (!this.#panel.hidden) this.#embedAll();
  }

  snippet() {
    return {
      kind: 'search', files: this.#items.filter(item => item.state !== 'invalid').map(item => item.name),
      text: this.#query?.text, image: this.#query?.file?.name ?? this.#query?.item?.name,
    };
  }

  async #addSamples() {
    try {
      this.#add(await Promise.all(samples.map(fetchSample)));
    } catch (error) {
      this.#fail(error);
    }
  }

  async #add(files) {
    showError(byId('search-error'));
    const taken = files.slice(0, MAX_IMAGES - this.#items.length);
    if (taken.length < files.length) {
      this.#fail(new Error(
        `${count(files.length - taken.length, 'image')} left out: this page searches in ${MAX_IMAGES} at most.`));
    }
    const added = taken.map(file => ({ file, name: file.name || 'image.png', state: 'reading' }));
    this.#items.push(...added);
    added.forEach(item => this.#createTile(item));
    this.#layOut();
    for (const item of added) {
      try {
        item.thumbnail = await thumbnail(item.file);
        item.image.src = item.thumbnail;
        item.state = 'waiting';
      } catch (error) {
        this.#refuse(item, error.message);
      }
    }
    this.#embedAll();
  }

  #clear() {
    for (const item of this.#items) URL.revokeObjectURL(item.thumbnail);
    this.#items = [];
    showError(byId('search-error'));
    if (!this.#query?.text) this.#setQuery(undefined);
    this.#layOut();
  }

  #createTile(item) {
    item.image = h('img', { alt: '', loading: 'lazy' });
    item.score = h('span', { class: 'tile-score' });
    item.button = h(
      'button', { type: 'button', class: 'tile', title: `Find images like ${item.name}`,
        onclick: () => this.#setQuery({ item }) },
      item.image, h('span', { class: 'hidden' }, 'Find images like '),
      h('span', { class: 'tile-name' }, item.name.replace('samples/', '')), ' ', item.score);
    item.element = h('li', { class: 'is-pending' }, item.button);
  }

  #refuse(item, message) {
    item.state = 'invalid';
    item.element.className = 'is-invalid';
    item.button.disabled = true;
    item.score.textContent = 'not readable';
    item.button.title = message;
  }

  async #embedAll() {
    const model = this.#app.model;
    if (!model) return;
    this.#revision = model.revision;
    const workers = CONCURRENT_CALLS - this.#embedding;
    for (let i = 0; i < workers; i++) this.#embedWaiting();
    this.#progress();
  }

  async #embedWaiting() {
    this.#embedding++;
    try {
      for (let batch; (batch = await this.#nextBatch()).length > 0;) {
        await this.#embedBatch(batch);
        this.#progress();
        this.#rank();
      }
    } catch (error) {
      for (const item of this.#items.filter(item => item.state === 'sending')) item.state = 'waiting';
      this.#fail(error, () => this.#embedAll());
    } finally {
      this.#embedding--;
      this.#progress();
      if (this.#embedding === 0) this.#runQuery();
    }
  }

  async #nextBatch() {
    const batch = [];
    const limits = this.#app.imageLimits;
    const most = Math.min(IMAGES_PER_CALL, limits.images);
    for (let bytes = 0; batch.length < most && bytes < limits.bytes;) {
      const item = this.#items.find(item => item.state === 'waiting');
      if (!item) break;
      item.state = 'sending';
      try {
        const { bytes: encoded } = await readImage(item.file, limits);
        bytes += encoded.length;
        batch.push({ item, encoded });
      } catch (error) {
        this.#refuse(item, error.message); // the file has changed since it was added
      }
    }
    return batch;
  }

  async #embedBatch(batch) {
    const { name, revision } = this.#app.model;
    const { results } = await this.#send(name, batch.map(({ encoded }) => ({ image: encoded })));
    results.forEach(({ embedding, error }, index) => {
      const { item } = batch[index];
      if (revision !== this.#app.model?.revision) {
        item.state = 'waiting';
      } else if (error) {
        this.#refuse(item, error.message);
      } else {
        item.vector = embedding.values;
        item.state = 'ready';
        item.element.className = '';
      }
    });
  }

  /** A busy server names the time after which it is worth trying again. */
  async #send(model, inputs, options) {
    for (let attempt = 1; ; attempt++) {
      try {
        return await embed(model, inputs, options);
      } catch (error) {
        const isBusy = error instanceof RpcError && error.code === Code.resourceExhausted && error.retryAfter > 0;
        if (!isBusy || attempt === MAX_ATTEMPTS) throw error;
        await new Promise(resolve => setTimeout(resolve, error.retryAfter * attempt));
      }
    }
  }

  #setQuery(query) {
    this.#query = query;
    if (!query?.text) byId('search-text').value = '';
    const file = query?.file ?? query?.item?.file;
    byId('search-chosen').hidden = !file;
    if (file) {
      URL.revokeObjectURL(byId('search-chosen-image').src);
      byId('search-chosen-image').src = URL.createObjectURL(file);
      byId('search-chosen-name').textContent = `Images like ${query.item?.name ?? file.name}`;
    }
    this.#app.codeChanged();
    this.#ask();
  }

  async #runQuery() {
    this.#querying?.abort();
    const query = this.#query;
    const model = this.#app.model;
    if (!query || !model) {
      this.#vector = undefined;
      this.#rank();
      return;
    }
    const querying = this.#querying = new AbortController();
    try {
      this.#vector = query.item?.vector ?? await this.#embedQuery(model, query, querying.signal);
      showError(byId('search-error'));
      this.#rank();
    } catch (error) {
      if (error.name !== 'AbortError') this.#fail(error, this.#ask);
    }
  }

  #vector;

  async #embedQuery(model, query, signal) {
    const file = query.file ?? query.item?.file;
    const input = file ? { image: (await readImage(file, this.#app.imageLimits)).bytes } : { text: query.text };
    const { results } = await this.#send(model.name, [input], { signal });
    if (results[0].error) throw new Error(results[0].error.message);
    return results[0].embedding.values;
  }

  #rank() {
    for (const item of this.#items) {
      item.cosine = this.#vector && item.vector?.length === this.#vector.length
        ? dot(this.#vector, item.vector) : undefined;
      if (item.state !== 'invalid')
        item.score.textContent = item.cosine === undefined ? '' : decimal(item.cosine, 3);
    }
    if (this.#vector) this.#items.sort((a, b) => (b.cosine ?? -2) - (a.cosine ?? -2));
    this.#layOut();
    const best = this.#items[0];
    byId('search-status').textContent = this.#vector && best?.cosine !== undefined
      ? `Best match: ${best.name}, cosine ${decimal(best.cosine, 3)}` : '';
  }

  #layOut() {
    const grid = byId('search-grid');
    this.#items.forEach((item, index) => {
      item.element.classList.toggle('is-best', index === 0 && item.cosine !== undefined);
      if (grid.children[index] !== item.element) grid.insertBefore(item.element, grid.children[index] ?? null);
    });
    while (grid.children.length > this.#items.length) grid.lastChild.remove();
    this.#panel.classList.toggle('has-images', this.#items.length > 0);
    this.#app.codeChanged();
  }

  #progress() {
    const all = this.#items.filter(item => item.state !== 'invalid');
    const ready = all.filter(item => item.state === 'ready').length;
    const bar = byId('search-progress');
    bar.max = Math.max(all.length, 1);
    bar.value = ready;
    bar.hidden = ready === all.length;
    byId('search-count').textContent = ready === all.length
      ? count(all.length, 'image') : `${ready} of ${count(all.length, 'image')} embedded`;
  }

  #fail(error, onRetry) {
    this.#app.failed(error);
    showError(byId('search-error'), error, { onRetry, onKey: () => this.#app.askForKey() });
  }
}

// Embeddings have norm 1.
function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
