// Probabilities over time, as lines.

import { percent } from './dom.js';

/** Colors, and lines at most. */
export const SERIES = 10;
const LIVE_SECONDS = 30;
const PADDING = { left: 36, right: 10, top: 10, bottom: 22 };

export class Timeline {
  #canvas;
  #points = [];
  #duration;

  /** @param colorOf of a label */
  constructor(canvas, colorOf) {
    this.#canvas = canvas;
    this.colorOf = colorOf;
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  /** @param duration of the file in seconds; undefined while it is live */
  start(duration) {
    this.#points = [];
    this.#duration = Number.isFinite(duration) ? duration : undefined; // recordings may not state theirs
    this.draw();
  }

  add(seconds, predictions) {
    const point = { seconds, byLabel: new Map(predictions.map(({ label, probability }) => [label, probability])) };
    const after = this.#points.findIndex(other => other.seconds >= seconds);
    if (after < 0) this.#points.push(point);
    else this.#points.splice(after, this.#points[after].seconds === seconds ? 1 : 0, point);
    if (this.#duration === undefined)
      this.#points = this.#points.filter(other => other.seconds >= seconds - LIVE_SECONDS - 1);
    this.draw();
  }

  get isEmpty() {
    return this.#points.length === 0;
  }

  draw() {
    const { width, height } = this.#canvas.getBoundingClientRect();
    if (width === 0) return;
    const scale = window.devicePixelRatio;
    this.#canvas.width = width * scale;
    this.#canvas.height = height * scale;
    const context = this.#canvas.getContext('2d');
    context.scale(scale, scale);
    const end = this.#duration ?? this.#points.at(-1)?.seconds ?? 0;
    const start = this.#duration === undefined ? end - LIVE_SECONDS : 0;
    const x = seconds =>
      PADDING.left + (width - PADDING.left - PADDING.right) * (seconds - start) / Math.max(end - start, 0.001);
    const y = probability => PADDING.top + (height - PADDING.top - PADDING.bottom) * (1 - probability);
    this.#drawAxes(context, { x, y, start, end, width });
    const labels = this.#bestLabels();
    for (const label of [...labels].reverse()) this.#drawLine(context, label, x, y);
    this.#describe(labels);
  }

  #drawAxes(context, { x, y, start, end, width }) {
    const style = getComputedStyle(this.#canvas);
    context.font = `11px ${style.fontFamily}`;
    context.strokeStyle = style.borderTopColor;
    context.fillStyle = style.color;
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    for (const share of [0, 0.5, 1]) {
      context.fillText(`${100 * share}`, PADDING.left - 8, y(share));
      context.beginPath();
      context.moveTo(PADDING.left, y(share));
      context.lineTo(width - PADDING.right, y(share));
      context.stroke();
    }
    context.textBaseline = 'top';
    for (const share of [0, 0.5, 1]) {
      const seconds = start + share * (end - start);
      context.textAlign = share === 0 ? 'left' : share === 1 ? 'right' : 'center';
      const label = this.#duration === undefined
        ? share === 1 ? 'now' : `−${Math.round(end - seconds)} s` : `${seconds.toFixed(end < 10 ? 1 : 0)} s`;
      context.fillText(label, x(seconds), y(0) + 7);
    }
  }

  #drawLine(context, label, x, y) {
    context.strokeStyle = this.colorOf(label);
    context.lineWidth = 2;
    context.lineJoin = 'round';
    context.beginPath();
    for (const { seconds, byLabel } of this.#points) context.lineTo(x(seconds), y(byLabel.get(label) ?? 0));
    context.stroke();
  }

  /** Those that were most probable at some time. */
  #bestLabels() {
    const best = new Map();
    for (const { byLabel } of this.#points) {
      for (const [label, probability] of byLabel) best.set(label, Math.max(best.get(label) ?? 0, probability));
    }
    return [...best].sort((a, b) => b[1] - a[1]).slice(0, SERIES).map(([label]) => label);
  }

  #describe(labels) {
    const last = this.#points.at(-1);
    this.#canvas.setAttribute('aria-label', last
      ? `Probabilities over time. Latest: ${labels.slice(0, 3)
        .map(label => `${label} ${percent(last.byLabel.get(label) ?? 0)}`).join(', ')}`
      : 'Probabilities over time; nothing yet');
  }
}
