// The tab Classify: one image against labels, again after every change.

import { classify } from './api.js';
import { Bars } from './bars.js';
import { byId, count, debounce, h, milliseconds, percent } from './dom.js';
import { fetchSample, intake, readImage, samples, takePhoto } from './images.js';
import { showError } from './notices.js';

export class Classify {
  #app;
  #image;
  #previewUrl;
  #running;
  #bars = new Bars(byId('classify-bars'));
  #panel = byId('panel-classify');
  run = debounce(() => this.#run(), 150);

  constructor(app) {
    this.#app = app;
    intake(
      byId('classify-drop'), byId('classify-file'), this.#panel, files => this.#take(files[0]),
      message => this.#fail(new Error(message)));
    byId('classify-cosines').addEventListener('click', event => {
      const isOn = byId('classify-bars').classList.toggle('shows-cosines');
      event.currentTarget.setAttribute('aria-pressed', isOn);
    });
    byId('classify-camera').addEventListener('click', () => this.#photograph());
    byId('classify-samples').append(...samples.map(sample => h(
      'li', {}, h(
        'button', { type: 'button', class: 'sample', 'aria-label': `Sample: ${sample.title}`, title: sample.title,
          onclick: () => this.#takeSample(sample) },
        h('img', { src: sample.url, alt: '', loading: 'lazy', width: 56, height: 56 })))));
  }

  show() {
    byId('classify-labels-slot').append(byId('labels-editor'));
    this.run();
  }

  hide() {
    this.#running?.abort();
  }

  snippet() {
    return {
      kind: 'classify', image: this.#image?.name ?? 'image.jpg', labels: this.#app.labels.values,
      templates: this.#app.templates.values,
    };
  }

  async #takeSample(sample) {
    try {
      await this.#take(await fetchSample(sample));
    } catch (error) {
      this.#fail(error);
    }
  }

  async #photograph() {
    try {
      const photo = await takePhoto();
      if (photo) await this.#take(photo);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #take(file) {
    try {
      this.#image = await readImage(file, this.#app.imageLimits);
    } catch (error) {
      this.#running?.abort(); // its result would replace the error
      this.#fail(error);
      return;
    }
    URL.revokeObjectURL(this.#previewUrl);
    this.#previewUrl = URL.createObjectURL(this.#image.blob);
    const { name, width, height, isReduced } = this.#image;
    byId('classify-image').src = this.#previewUrl;
    byId('classify-image').alt = `The image to classify: ${name}`;
    byId('classify-drop').classList.add('has-image');
    byId('classify-caption').textContent =
      `${name} · ${width} × ${height}${isReduced ? ' · sent as JPEG of at most 1024 pixels' : ''}`;
    this.run();
  }

  async #run() {
    this.#running?.abort();
    this.#app.codeChanged();
    const model = this.#app.model;
    const labels = this.#app.labels.values;
    const isReady = this.#image && labels.length > 0 && model;
    byId('classify-empty').hidden = Boolean(isReady);
    byId('classify-empty').textContent = !this.#image ? 'Choose an image, and its labels are ranked here.'
      : labels.length === 0 ? 'Add a label, such as “a red bicycle”.'
      : 'Waiting for a model that is ready.';
    if (!isReady) {
      this.#bars.clear();
      byId('classify-timings').replaceChildren();
      // Without an image, the error is that of a file, and the run is due to something else.
      if (this.#image) showError(byId('classify-error'));
      return;
    }
    const running = this.#running = new AbortController();
    this.#panel.classList.add('is-busy');
    const started = performance.now();
    try {
      const response = await classify(
        model.name, [this.#image.bytes], labels, this.#app.templates.values, { signal: running.signal });
      const { predictions, error } = response.results[0];
      if (error) throw new Error(error.message);
      this.#show(predictions, response, performance.now() - started);
    } catch (error) {
      if (error.name !== 'AbortError') this.#fail(error);
    } finally {
      if (this.#running === running) this.#panel.classList.remove('is-busy');
    }
  }

  #show(predictions, { timings, truncatedSentences }, roundTrip) {
    showError(byId('classify-error'));
    this.#bars.show(predictions);
    byId('classify-status').textContent = `${predictions[0].label}, ${percent(predictions[0].probability)}`;
    const entries = [
      ['Decode', milliseconds(timings.preprocessUs)], ['Queue', milliseconds(timings.queueUs)],
      ['Inference', milliseconds(timings.inferenceUs)], ['Server', milliseconds(timings.totalUs)],
      ['Round trip', milliseconds(roundTrip * 1000)],
    ];
    byId('classify-timings').replaceChildren(
      ...entries.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))));
    byId('classify-note').textContent = truncatedSentences === 0 ? ''
      : `${count(truncatedSentences, 'label')} with more tokens than the model's context were cut.`;
  }

  #fail(error) {
    this.#bars.clear();
    byId('classify-empty').hidden = true;
    byId('classify-timings').replaceChildren();
    byId('classify-status').textContent = '';
    this.#app.failed(error);
    showError(byId('classify-error'), error, { onRetry: () => this.run(), onKey: () => this.#app.askForKey() });
  }
}
