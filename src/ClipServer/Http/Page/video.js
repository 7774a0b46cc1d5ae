// The tab Video: frames of a camera or a file, one call at a time. Frames that come meanwhile are skipped.

import { classify } from './api.js';
import { Bars } from './bars.js';
import { byId, h, milliseconds } from './dom.js';
import { Code } from './grpc.js';
import { openCamera, readFrame, stopStream } from './images.js';
import { showError } from './notices.js';
import { SERIES, Timeline } from './timeline.js';

const MIN_INTERVAL = 66; // 15 calls per second at most
const DEFAULT_SIDE = 224;
const STATUS_INTERVAL = 2000;

export class Video {
  #app;
  #video = byId('video');
  #canvas = h('canvas');
  #bars = new Bars(byId('video-bars'), label => this.#color(label));
  #timeline = new Timeline(byId('video-timeline'), label => this.#color(label));
  #stream;
  #url;
  #fileName;
  #isBusy = false;
  #colors = [];
  #started = 0;
  #lastSent = 0;
  #waitUntil = 0;
  #frames = { sent: 0, seen: 0, since: 0 };
  #lastStatus = 0;

  constructor(app) {
    this.#app = app;
    byId('video-camera').addEventListener('click', () => this.#openCamera());
    byId('video-stop').addEventListener('click', () => this.#stop());
    byId('video-file').addEventListener('change', event => {
      const [file] = event.target.files;
      event.target.value = '';
      if (file) this.#openFile(file);
    });
    const drop = byId('video-drop');
    drop.addEventListener('dragover', event => event.preventDefault());
    drop.addEventListener('drop', event => {
      event.preventDefault();
      const [file] = event.dataTransfer.files;
      if (file) this.#openFile(file);
    });
    this.#video.addEventListener('error', () => {
      if (this.#url) this.#fail(new Error(`“${this.#fileName}” is not a video that this browser can play.`));
    });
    this.#video.addEventListener('loadedmetadata', () => {
      if (!this.#stream) this.#timeline.start(this.#video.duration);
    });
    this.#video.addEventListener('seeked', () => this.#tick());
  }

  show() {
    byId('video-labels-slot').append(byId('labels-editor'));
    this.#timeline.draw();
  }

  hide() {
    if (this.#stream) this.#stop();
    else this.#video.pause();
  }

  labelsChanged() {
    this.#bars.clear();
    if (!this.#timeline.isEmpty) this.#timeline.start(this.#stream ? undefined : this.#video.duration);
    if (this.#isOpen) this.#tick();
  }

  themeChanged() {
    this.#colors = [];
    this.#bars.clear();
    this.#timeline.draw();
  }

  snippet() {
    return {
      kind: 'video', file: this.#stream ? undefined : this.#fileName, labels: this.#app.labels.values,
      templates: this.#app.templates.values,
    };
  }

  get #isOpen() {
    return this.#stream !== undefined || this.#url !== undefined;
  }

  async #openCamera() {
    this.#stop();
    try {
      this.#stream = await openCamera();
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#video.srcObject = this.#stream;
    this.#video.controls = false;
    this.#begin(undefined);
  }

  #openFile(file) {
    this.#stop();
    this.#fileName = file.name;
    this.#url = URL.createObjectURL(file);
    this.#video.src = this.#url;
    this.#video.controls = true;
    this.#begin(undefined);
  }

  #begin(duration) {
    showError(byId('video-error'));
    this.#started = performance.now();
    this.#frames = { sent: 0, seen: 0, since: this.#started };
    this.#timeline.start(duration);
    byId('video-drop').classList.add('has-video');
    byId('video-stop').hidden = false;
    this.#app.codeChanged();
    this.#video.play().catch(error => {
      if (error.name !== 'AbortError' && this.#isOpen && !this.#url) this.#fail(error);
    });
    this.#loop(this.#started);
  }

  #stop() {
    stopStream(this.#stream);
    if (this.#url) URL.revokeObjectURL(this.#url);
    [this.#stream, this.#url, this.#fileName] = [undefined, undefined, undefined];
    this.#video.srcObject = null;
    this.#video.removeAttribute('src');
    this.#video.load();
    byId('video-drop').classList.remove('has-video');
    byId('video-stop').hidden = true;
    byId('video-status').textContent = '';
  }

  /** As long as what was started then is open. */
  #loop(started) {
    if (!this.#isOpen || this.#started !== started) return;
    if (!this.#video.paused && !document.hidden) this.#tick();
    requestAnimationFrame(() => this.#loop(started));
  }

  async #tick() {
    const now = performance.now();
    const model = this.#app.model;
    this.#frames.seen++;
    if (this.#isBusy || now - this.#lastSent < MIN_INTERVAL || now < this.#waitUntil || !model
      || this.#app.labels.values.length === 0 || this.#video.videoWidth === 0) return;
    this.#isBusy = true;
    this.#lastSent = now;
    const started = this.#started;
    const seconds = this.#stream ? (now - started) / 1000 : this.#video.currentTime;
    try {
      const side = model.architecture?.imageSize || DEFAULT_SIDE;
      const frame = await readFrame(this.#video, this.#canvas, side);
      const bytes = new Uint8Array(await frame.arrayBuffer());
      const { results: [result], timings } = await classify(
        model.name, [bytes], this.#app.labels.values, this.#app.templates.values, { timeout: 10 });
      if (this.#started !== started || !this.#isOpen) return;
      if (result.error) throw new Error(result.error.message);
      this.#show(seconds, result.predictions, timings);
    } catch (error) {
      if (error.code === Code.unauthenticated || error.code === Code.permissionDenied) this.#stop();
      this.#waitUntil = performance.now() + (error.retryAfter > 0 ? error.retryAfter : 1000);
      if (error.code !== Code.resourceExhausted || !(error.retryAfter > 0)) this.#fail(error);
    } finally {
      this.#isBusy = false;
    }
  }

  #show(seconds, predictions, timings) {
    showError(byId('video-error'));
    this.#frames.sent++;
    // In the order of the labels: rows that change their places all the time cannot be read.
    this.#bars.show(predictions.slice(0, SERIES).sort((a, b) => a.index - b.index));
    this.#timeline.add(seconds, predictions);
    const now = performance.now();
    if (now - this.#lastStatus < STATUS_INTERVAL) return;
    const rate = this.#frames.sent / ((now - this.#frames.since) / 1000);
    byId('video-status').textContent =
      `${rate.toFixed(1)} frames per second · ${milliseconds(timings.totalUs)} in the server`;
    this.#frames = { sent: 0, seen: 0, since: now };
    this.#lastStatus = now;
  }

  #color(label) {
    const index = this.#app.labels.values.indexOf(label) % SERIES;
    return this.#colors[index] ??= resolveColor(`var(--series-${index + 1})`);
  }

  #fail(error) {
    this.#app.failed(error);
    showError(byId('video-error'), error, { onKey: () => this.#app.askForKey() });
  }
}

// Canvases do not know variables, nor light-dark().
function resolveColor(color) {
  const probe = document.body.appendChild(h('span'));
  probe.style.color = color;
  const resolved = getComputedStyle(probe).color;
  probe.remove();
  return resolved;
}
