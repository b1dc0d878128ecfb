/** The canvas: turns what a mouse, a finger or a pen does into strokes of an `Ink`, and shows them at any size. */

import { centerOf, strokesOf } from "inkling/grid_cells";
import { extentOf, isTouched, paintCurve, paintDot, paintStrokes } from "inkling/strokes";
import { PEN, PLAIN_PRESSURE, prepareInk } from "inkling/strokes";

export const SIDE = 280; // units; the height of the paper, and its width unless it is wide
const STEP = 0.7; // units; points closer than that add bytes, but no detail
const ERASER = 8; // units around the ink that the eraser touches
const PALM_PX = 50; // a touch that is larger is a palm
const PEN_GUARD_MS = 3_000; // touches are ignored for so long after a pen was near: the hand lies on the screen
const ERASER_END = 5; // the button of a pen's other end

export class DrawingCanvas {
  pen = PEN; // units
  isErasing = false;

  #element;
  #context;
  #ahead; // the 2D context on top, for where the pen will be next
  #ink;
  #width = SIDE;
  #pointer = null; // the only pointer that draws: a second finger does not
  #stroke = []; // that is being drawn
  #painted = 0; // how many of its points have their final curve
  #tail = [0, 0, 0, 0]; // the box on top that is not, [x, y, width, height]
  #erasing = null; // the strokes and cells that the eraser has touched so far, while it does
  #startedAt;
  #penAt = -Infinity;

  /** `ahead`: a canvas on top of `element`, of the same size, that takes no pointers. */
  constructor(element, ahead, ink) {
    this.#element = element;
    this.#context = element.getContext("2d");
    this.#ahead = ahead.getContext("2d");
    this.#ink = ink;
    this.#startedAt = performance.now() - this.#lastTime();
    ink.subscribe(() => this.paint());
    this.#listen();
    this.#fit(); // at once: a saved drawing is shown with the page, and ink appears under the pointer
  }

  get isDrawing() {
    return this.#pointer !== null;
  }

  get width() {
    return this.#width;
  }

  /** The width of the paper in units. The page makes the element as wide. */
  set width(units) {
    this.#width = units;
    this.#fit();
    this.paint();
  }

  /** The drawing in the API's form. */
  get drawing() {
    return { strokes: this.#ink.allStrokes, width: this.#width, height: SIDE, pen_px: this.pen, canvas: this.#ink.id };
  }

  /** The same with the stroke that is being drawn. */
  get drawingNow() {
    const drawing = this.drawing;
    return this.#erasing || !this.#stroke.length ? drawing : { ...drawing, strokes: [...drawing.strokes, this.#stroke] };
  }

  /** Repaints everything. */
  paint() {
    const { width, height } = this.#element;
    for (const context of [this.#context, this.#ahead]) {
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, width, height);
      prepareInk(context, width / this.#width);
    }
    const isKept = (one) => !this.#erasing?.has(one);
    const strokes = [...this.#ink.strokes.filter(isKept), ...strokesOf(this.#ink.cells.filter(isKept))];
    paintStrokes(this.#context, strokes, this.pen);
    this.#painted = 0;
    this.#paintOn();
  }

  #listen() {
    const element = this.#element;
    element.addEventListener("pointerdown", (event) => this.#start(event));
    element.addEventListener("pointermove", (event) => this.#move(event));
    element.addEventListener("pointerup", (event) => this.#end(event));
    element.addEventListener("pointercancel", (event) => this.#cancel(event));
    element.addEventListener("contextmenu", (event) => event.pointerType !== "mouse" && event.preventDefault());
    // Otherwise Chromium takes a fast stroke for a fling, and ignores the next tap while that lasts.
    element.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    new ResizeObserver(() => this.#fit()).observe(element);
    addEventListener("resize", () => this.#fit()); // zoom changes the pixel ratio, not always the size
    for (const query of ["(forced-colors: active)", "(prefers-color-scheme: dark)"]) {
      matchMedia(query).addEventListener("change", () => this.paint()); // in the new color
    }
    document.addEventListener("inkling:theme", () => this.paint());
  }

  #start(event) {
    if (event.pointerType === "pen" && this.isDrawing) this.#drop(); // what a palm began
    if (this.isDrawing || (event.button !== 0 && event.button !== ERASER_END) || this.#isPalm(event)) return;
    this.#notePen(event);
    this.#element.setPointerCapture(event.pointerId);
    this.#pointer = event.pointerId;
    this.#startedAt = Math.min(this.#ink.isBlank ? Infinity : this.#startedAt, event.timeStamp - this.#lastTime());
    const point = this.#pointOf(event);
    if (this.isErasing || event.button === ERASER_END) return this.#erase(point, point);
    this.#stroke = [point];
    this.#painted = 0;
    this.#paintOn();
  }

  #move(event) {
    this.#notePen(event);
    if (event.pointerId !== this.#pointer) return;
    for (const step of steps(event)) {
      const [last, point] = [this.#stroke.at(-1), this.#pointOf(step)];
      if (Math.hypot(point[0] - last[0], point[1] - last[1]) < STEP) continue;
      this.#stroke.push(point);
      if (this.#erasing) this.#erase(last, point);
    }
    if (!this.#erasing) this.#paintOn(event.getPredictedEvents?.() ?? []);
  }

  #end(event) {
    if (event.pointerId !== this.#pointer) return;
    const [stroke, erased] = [this.#stroke, this.#erasing];
    this.#release();
    if (erased) this.#ink.erase((one) => erased.has(one));
    else this.#ink.addStroke(stroke); // and repaints it as one clean line instead of many short ones
  }

  /** The system took the pointer away (a palm, a gesture), so the stroke was not intended. */
  #cancel(event) {
    if (event.pointerId === this.#pointer) this.#drop();
  }

  #drop() {
    this.#release();
    this.paint();
  }

  #release() {
    this.#pointer = null;
    this.#stroke = [];
    this.#erasing = null;
  }

  #notePen(event) {
    if (event.pointerType === "pen") this.#penAt = event.timeStamp;
  }

  #isPalm({ pointerType, width, height, timeStamp }) {
    return pointerType === "touch" && (Math.max(width, height) > PALM_PX || timeStamp - this.#penAt < PEN_GUARD_MS);
  }

  #erase(from, to) {
    this.#stroke = [to];
    this.#erasing ??= new Set();
    const before = this.#erasing.size;
    const isHit = (stroke) => isTouched(stroke, from, to, ERASER + this.pen / 2);
    for (const stroke of this.#ink.strokes) if (isHit(stroke)) this.#erasing.add(stroke);
    for (const cell of this.#ink.cells) if (isHit([centerOf(cell)])) this.#erasing.add(cell);
    if (this.#erasing.size > before) this.paint();
  }

  /** Paints what was added to the stroke and, on top, where the pen will be next. */
  #paintOn(predicted = []) {
    if (this.#erasing || !this.#stroke.length) return;
    this.#ahead.clearRect(...this.#tail);
    if (this.#stroke.length === 1) return paintDot(this.#context, this.#stroke[0], this.pen);
    this.#painted = paintCurve(this.#context, this.#stroke, { pen: this.pen, from: this.#painted });
    const tail = [...this.#stroke.slice(-2), ...predicted.map((event) => this.#pointOf(event))];
    paintCurve(this.#ahead, tail, { pen: this.pen, isFinished: true });
    const [left, top, right, bottom] = extentOf(tail);
    this.#tail = [left - this.pen, top - this.pen, right - left + 2 * this.pen, bottom - top + 2 * this.pen];
  }

  /** [x, y, t_ms, pressure], clamped to the paper: ink outside it is not visible either. */
  #pointOf(event) {
    const box = this.#element.getBoundingClientRect();
    const clamp = (offset, length, units) => round(Math.min(Math.max((offset / length) * units, 0), units), 1);
    return [
      clamp(event.clientX - box.left, box.width, this.#width),
      clamp(event.clientY - box.top, box.height, SIDE),
      Math.max(0, Math.round(event.timeStamp - this.#startedAt)),
      event.pointerType === "pen" ? round(event.pressure, 2) : PLAIN_PRESSURE,
    ];
  }

  #lastTime() {
    return this.#ink.strokes.at(-1)?.at(-1)?.[2] ?? 0;
  }

  #fit() {
    const pixels = (name) => Math.round(this.#element[name] * devicePixelRatio);
    const [width, height] = [pixels("clientWidth"), pixels("clientHeight")];
    if (width === 0 || (width === this.#element.width && height === this.#element.height)) return;
    for (const { canvas } of [this.#context, this.#ahead]) Object.assign(canvas, { width, height });
    this.paint();
  }
}

/** All positions of the pointer since the last event; browsers report them on https and localhost only. */
function steps(event) {
  const coalesced = event.getCoalescedEvents?.() ?? [];
  return coalesced.length ? coalesced : [event];
}

function round(value, places) {
  return Number(value.toFixed(places));
}
