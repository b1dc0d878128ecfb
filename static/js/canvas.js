/**
 * A canvas to draw on. It stores strokes; the pixels only show them and are repainted at any size.
 * Independent of the API and of the rest of the page.
 */

const SIDE = 280; // the canvas has SIDE x SIDE units, at any size on the screen
const PEN = 20; // units
const STEP = 0.7; // units; points closer than that add bytes, but no detail

/**
 * Paints strokes, given in units, on a 2D context of `scale` pixels a unit, with a pen `pen` units wide. The ink has the
 * CSS color of the canvas, which is the system's text color where the user forces colors.
 */
export function paintStrokes(context, strokes, scale, pen = PEN) {
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.strokeStyle = context.fillStyle = getComputedStyle(context.canvas).color;
  context.lineWidth = pen;
  context.lineCap = context.lineJoin = "round";
  for (const [[x, y], ...rest] of strokes) {
    context.beginPath();
    if (rest.length === 0) {
      context.arc(x, y, pen / 2, 0, 2 * Math.PI);
      context.fill();
      continue;
    }
    context.moveTo(x, y);
    for (const [toX, toY] of rest) context.lineTo(toX, toY);
    context.stroke();
  }
}

export class DrawingCanvas {
  #element;
  #context;
  #onChange;
  #strokes = [];
  #pointer = null; // the only pointer that draws; a palm or a second finger does not
  #startedAt = 0;
  #id = newId();

  /** `saved`: an earlier `drawing` to continue. `onChange()` is called after a stroke is finished, undone or cleared. */
  constructor(element, { saved = null, onChange = () => {} } = {}) {
    this.#element = element;
    if (saved) {
      this.#strokes = saved.strokes;
      this.#id = saved.canvas;
      this.#startedAt = performance.now() - (this.#strokes.at(-1)?.at(-1)?.[2] ?? 0);
    }
    this.#context = element.getContext("2d");
    this.#onChange = onChange;
    element.addEventListener("pointerdown", (event) => this.#start(event));
    element.addEventListener("pointermove", (event) => this.#move(event));
    element.addEventListener("pointerup", (event) => this.#end(event));
    element.addEventListener("pointercancel", (event) => this.#cancel(event));
    // Otherwise Chromium takes a fast stroke for a fling, and ignores the next tap while that lasts.
    element.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    this.#fit(); // at once: a saved drawing is shown with the page, and ink appears under the pointer
    new ResizeObserver(() => this.#fit()).observe(element);
    addEventListener("resize", () => this.#fit()); // zoom changes the pixel ratio, not always the size
    for (const query of ["(forced-colors: active)", "(prefers-color-scheme: dark)"]) {
      matchMedia(query).addEventListener("change", () => this.#paint()); // in the new color
    }
  }

  get isBlank() {
    return this.#strokes.length === 0;
  }

  /** A UUID for what is drawn from one reset to the next. */
  get id() {
    return this.#id;
  }

  /** The drawing in the API's form. */
  get drawing() {
    return { strokes: this.#strokes, width: SIDE, height: SIDE, pen_px: PEN, canvas: this.#id };
  }

  undo() {
    if (this.#pointer !== null || this.isBlank) return;
    this.#strokes.pop();
    this.#changed();
  }

  /** Clears the drawing and starts a new one. */
  reset() {
    this.#pointer = null;
    this.#strokes = [];
    this.#id = newId();
    this.#changed();
  }

  /** Keeps the drawing under a new id. */
  renewId() {
    this.#id = newId();
    this.#changed();
  }

  #changed() {
    this.#paint();
    this.#onChange();
  }

  #start(event) {
    if (this.#pointer !== null || event.button !== 0) return;
    this.#element.setPointerCapture(event.pointerId);
    this.#pointer = event.pointerId;
    if (this.isBlank) this.#startedAt = event.timeStamp;
    this.#strokes.push([this.#pointOf(event)]);
    this.#paintOver([this.#strokes.at(-1)]);
  }

  #move(event) {
    if (event.pointerId !== this.#pointer) return;
    const stroke = this.#strokes.at(-1);
    const drawn = stroke.length;
    for (const step of steps(event)) {
      const point = this.#pointOf(step);
      if (distance(stroke.at(-1), point) >= STEP) stroke.push(point);
    }
    if (stroke.length > drawn) this.#paintOver([stroke.slice(drawn - 1)]);
  }

  #end(event) {
    if (event.pointerId !== this.#pointer) return;
    this.#pointer = null;
    this.#changed(); // repainted as one clean line instead of many short ones
  }

  /** The system took the pointer away (a palm, a gesture), so the stroke was not intended. */
  #cancel(event) {
    if (event.pointerId !== this.#pointer) return;
    this.#pointer = null;
    this.undo();
  }

  /** [x, y, t_ms, pressure], clamped to the canvas: ink outside it is not visible either. */
  #pointOf(event) {
    const box = this.#element.getBoundingClientRect();
    const clamp = (offset, length) => round(Math.min(Math.max((offset / length) * SIDE, 0), SIDE), 1);
    return [
      clamp(event.clientX - box.left, box.width),
      clamp(event.clientY - box.top, box.height),
      Math.max(0, Math.round(event.timeStamp - this.#startedAt)),
      round(event.pressure, 2),
    ];
  }

  #fit() {
    const side = Math.round(this.#element.clientWidth * devicePixelRatio);
    if (side === 0 || side === this.#element.width) return;
    this.#element.width = this.#element.height = side;
    this.#paint();
  }

  #paint() {
    this.#context.setTransform(1, 0, 0, 1, 0, 0);
    this.#context.clearRect(0, 0, this.#element.width, this.#element.height);
    this.#paintOver(this.#strokes);
  }

  #paintOver(strokes) {
    paintStrokes(this.#context, strokes, this.#element.width / SIDE);
  }
}

/** All positions of the pointer since the last event; browsers report them on https and localhost only. */
function steps(event) {
  const coalesced = event.getCoalescedEvents?.() ?? [];
  return coalesced.length ? coalesced : [event];
}

function distance(a, b) {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

function round(value, places) {
  return Number(value.toFixed(places));
}

/** A random UUID. crypto.randomUUID() is missing over plain http, for example on a phone in a home network. */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40; // version 4
  bytes[8] = (bytes[8] & 0x3f) | 0x80; // its variant
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
