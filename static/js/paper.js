/** How wide the paper is: square for a digit, wider for a number. */

import { SIDE } from "inkling/canvas";
import { extentOf } from "inkling/strokes";

const STEP = SIDE / 2; // it grows by so much
const WIDE = 2 * SIDE;
const WIDEST = 3 * SIDE;
const EDGE = 0.12 * SIDE; // ink that comes so near to the right edge makes it grow

export class Paper {
  isWide; // by choice

  #root;
  #canvas;
  #ink;
  #grown = 0; // the width that writing to the edge has asked for
  #turned = matchMedia("(orientation: landscape) and (max-height: 30rem)"); // a phone on its side

  /** `root` holds the `canvas` and learns how wide the paper is; `saved`, an earlier drawing, may have been wider. */
  constructor(root, canvas, ink, saved) {
    this.#root = root;
    this.#canvas = canvas;
    this.#ink = ink;
    this.isWide = saved?.isWide ?? false;
    this.#turned.addEventListener("change", () => this.fit());
    this.fit();
  }

  /** Makes the paper as wide as it was chosen, as the phone is held and as the ink needs it. */
  fit() {
    const strokes = this.#ink.allStrokes;
    const right = strokes.length ? extentOf(strokes.flat())[2] : 0;
    if (!strokes.length) this.#grown = 0;
    else if (this.#isAtEdge(strokes.at(-1)) && isNumber(strokes)) this.#grown = this.#canvas.width + STEP;
    const chosen = this.isWide || this.#turned.matches ? WIDE : SIDE;
    const width = Math.min(Math.max(chosen, this.#grown, Math.ceil(right / STEP) * STEP), WIDEST);
    if (width === this.#canvas.width && this.#root.style.getPropertyValue("--paper-ratio")) return;
    this.#root.style.setProperty("--paper-ratio", width / SIDE);
    this.#root.toggleAttribute("data-wide", width > SIDE);
    this.#canvas.width = width;
  }

  #isAtEdge(stroke) {
    return extentOf(stroke)[2] > this.#canvas.width - EDGE;
  }
}

/** Whether strokes stand next to one another, so that more are likely to follow on the right. */
function isNumber(strokes) {
  const extents = strokes.map(extentOf).sort((a, b) => a[0] - b[0]);
  let right = extents[0][2];
  for (const [left, , end] of extents) {
    if (left > right) return true;
    right = Math.max(right, end);
  }
  return false;
}
