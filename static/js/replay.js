/** A drawing at any moment while it was drawn, painted in the pixels of the screen. */

import { paintCurve, paintDot, prepareInk } from "inkling/strokes";

const MOST_PX = 4_096; // of a side
const INK = ["strokeStyle", "fillStyle", "lineCap", "lineJoin"];

export class Replay {
  #context;
  #frame;
  #strokes;
  #times;
  #pen;
  #at_ms;
  #settled = document.createElement("canvas").getContext("2d"); // what no later point changes, to add to
  #settledAt = 0; // in ms
  #settledStrokes = 0;
  #settledPoints = 0; // of the stroke after those

  /** `placed`: strokes from `placeStrokes`; `times`: of their points, in ms, which never decrease. */
  constructor(canvas, { frame, moved, pen }, times) {
    this.#context = canvas.getContext("2d");
    this.#frame = frame;
    this.#pen = pen;
    this.#strokes = moved.filter((stroke) => stroke.length);
    this.#times = times.filter((each) => each.length);
    this.#at_ms = this.duration_ms;
    new ResizeObserver(() => this.#fit()).observe(canvas);
    addEventListener("resize", () => this.#fit()); // zoom changes the pixel ratio, not always the size
    for (const query of ["(forced-colors: active)", "(prefers-color-scheme: dark)"]) {
      matchMedia(query).addEventListener("change", () => this.#paintAnew()); // in the new color
    }
    document.addEventListener("inkling:theme", () => this.#paintAnew());
    this.#fit();
  }

  get duration_ms() {
    return this.#times.at(-1).at(-1);
  }

  /** When each stroke is complete. */
  get ends_ms() {
    return this.#times.map((each) => each.at(-1));
  }

  /** The moment that is shown; below 0, nothing is drawn yet. */
  get at_ms() {
    return this.#at_ms;
  }

  set at_ms(at) {
    this.#at_ms = Math.min(at, this.duration_ms);
    if (this.#at_ms < this.#settledAt) this.#paintAnew();
    else this.#paint();
  }

  #fit() {
    const { canvas } = this.#context;
    const [, , width, height] = this.#frame;
    const scale = Math.min(canvas.clientWidth / width, canvas.clientHeight / height) * devicePixelRatio;
    const pixels = (units) => Math.min(Math.max(Math.round(units * scale), 1), MOST_PX);
    const size = { width: pixels(width), height: pixels(height) };
    if (!scale || (size.width === canvas.width && size.height === canvas.height)) return;
    for (const each of [canvas, this.#settled.canvas]) Object.assign(each, size);
    this.#paintAnew();
  }

  #paintAnew() {
    const { width, height } = this.#context.canvas;
    this.#context.resetTransform();
    prepareInk(this.#context, Math.max(width, height) / Math.max(...this.#frame.slice(2)));
    this.#settled.resetTransform();
    this.#settled.clearRect(0, 0, width, height);
    this.#settled.setTransform(this.#context.getTransform());
    for (const name of INK) this.#settled[name] = this.#context[name];
    this.#settledAt = this.#settledStrokes = this.#settledPoints = 0;
    this.#paint();
  }

  /** Paints on from what is settled: a drawing may have thousands of points, and a screen 60 frames a second. */
  #paint() {
    const tail = this.#settle();
    this.#settledAt = Math.max(this.#at_ms, 0);
    const { width, height } = this.#context.canvas;
    this.#context.save();
    this.#context.resetTransform();
    this.#context.clearRect(0, 0, width, height);
    this.#context.drawImage(this.#settled.canvas, 0, 0);
    this.#context.restore();
    if (tail) paintCurve(this.#context, tail, { pen: this.#pen, isFinished: true });
  }

  /** Adds what has been drawn by now; returns the end of an unfinished stroke, which its next points bend, or null. */
  #settle() {
    for (; this.#settledStrokes < this.#strokes.length; this.#settledStrokes++, this.#settledPoints = 0) {
      const [stroke, times] = [this.#strokes[this.#settledStrokes], this.#times[this.#settledStrokes]];
      if (times[0] > this.#at_ms) return null;
      const [pen, from] = [this.#pen, this.#settledPoints];
      if (times.at(-1) > this.#at_ms) {
        const next = times.findIndex((time) => time > this.#at_ms);
        this.#settledPoints = paintCurve(this.#settled, stroke.slice(0, next), { pen, from });
        return [...stroke.slice(Math.max(next - 2, 0), next), pointAt(this.#at_ms, stroke, times, next)];
      }
      if (stroke.length === 1) paintDot(this.#settled, stroke[0], pen);
      else paintCurve(this.#settled, stroke, { pen, from, isFinished: true });
    }
    return null;
  }
}

/** Where the pen was on its way to the point number `next`. */
function pointAt(at, stroke, times, next) {
  const [[ax, ay], [bx, by, ...rest]] = [stroke[next - 1], stroke[next]];
  const share = (at - times[next - 1]) / (times[next] - times[next - 1]);
  return [ax + (bx - ax) * share, ay + (by - ay) * share, ...rest];
}
