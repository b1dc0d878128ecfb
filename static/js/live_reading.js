/** Reads a drawing by itself when the person pauses. */

const REST_MS = 700; // without a change
const AGAIN_MS = 200; // later, if a stroke is being drawn

export class LiveReading {
  #isDrawing;
  #read;
  #timer = null;

  /** `isDrawing()`: whether a stroke has begun; `read()` reads the drawing. */
  constructor({ isDrawing, read }) {
    this.#isDrawing = isDrawing;
    this.#read = read;
  }

  /** Reads after a rest, which begins now. */
  schedule(rest_ms = REST_MS) {
    this.cancel();
    this.#timer = setTimeout(() => (this.#isDrawing() ? this.schedule(AGAIN_MS) : this.#read()), rest_ms);
  }

  cancel() {
    clearTimeout(this.#timer);
  }
}
