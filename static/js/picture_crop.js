/** The frame around the part of a picture that is sent. Its edges are moved by pointer and by arrow keys. */

import { WHOLE } from "inkling/picture_image";

const LEAST = 0.03; // of the picture's side, between two edges
const STEP = 0.01; // of a key
const STRIDE = 0.1; // with Shift
const OPPOSITE = { left: "right", right: "left", top: "bottom", bottom: "top" };
const KEYS = {
  ArrowLeft: { edges: ["left", "right"], by: -1 },
  ArrowRight: { edges: ["left", "right"], by: 1 },
  ArrowUp: { edges: ["top", "bottom"], by: -1 },
  ArrowDown: { edges: ["top", "bottom"], by: 1 },
};

export class Crop {
  #root;
  #edges = WHOLE;
  #drag = null;

  /** `root` covers the picture; in it, [data-edges] names the edges that an element moves. `signal` ends it. */
  constructor(root, signal) {
    this.#root = root;
    root.addEventListener("pointerdown", (event) => this.#start(event), { signal });
    root.addEventListener("pointermove", (event) => this.#move(event), { signal });
    for (const end of ["pointerup", "pointercancel"]) root.addEventListener(end, () => (this.#drag = null), { signal });
    root.addEventListener("keydown", (event) => this.#press(event), { signal });
  }

  /** Where the frame is: `left` and `right` in shares of the picture's width, `top` and `bottom` of its height. */
  get edges() {
    return this.#edges;
  }

  set isShown(isShown) {
    this.#root.hidden = !isShown;
  }

  /** Frames all of the picture. */
  reset() {
    this.#show(WHOLE);
  }

  /** Follows a turn of the picture by 90 degrees clockwise. */
  turn() {
    const { left, top, right, bottom } = this.#edges;
    this.#show({ left: 1 - bottom, top: left, right: 1 - top, bottom: right });
  }

  #start(event) {
    const names = event.target.dataset.edges?.split(" ");
    if (!names || event.button !== 0 || this.#drag) return;
    event.target.setPointerCapture(event.pointerId);
    const { width, height } = this.#root.getBoundingClientRect();
    const { pointerId, clientX: x, clientY: y } = event;
    this.#drag = { pointerId, names, x, y, width, height, from: this.#edges };
  }

  #move(event) {
    if (event.pointerId !== this.#drag?.pointerId) return;
    const { names, x, y, width, height, from } = this.#drag;
    const along = { left: (event.clientX - x) / width, top: (event.clientY - y) / height };
    this.#show(moved(from, names, { ...along, right: along.left, bottom: along.top }));
  }

  #press(event) {
    const edge = event.target.dataset.edges;
    const key = KEYS[event.key];
    if (!key?.edges.includes(edge) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault(); // scrolling
    this.#show(moved(this.#edges, [edge], { [edge]: key.by * (event.shiftKey ? STRIDE : STEP) }));
  }

  #show(edges) {
    this.#edges = edges;
    const isWhole = Object.keys(WHOLE).every((edge) => edges[edge] === WHOLE[edge]);
    this.#root.toggleAttribute("data-whole", isWhole);
    const format = new Intl.NumberFormat(document.documentElement.lang, { style: "percent" });
    for (const [edge, at] of Object.entries(edges)) {
      this.#root.style.setProperty(`--${edge}`, at);
      const handle = this.#root.querySelector(`[data-edges="${edge}"]`);
      handle.setAttribute("aria-valuenow", Math.round(100 * at));
      handle.setAttribute("aria-valuetext", format.format(at));
    }
  }
}

/** `from` with the edges `names` moved `by` so much each: within the picture, and LEAST apart. */
function moved(from, names, by) {
  const edges = { ...from };
  for (const edge of names) {
    const isFirst = edge === "left" || edge === "top";
    const other = OPPOSITE[edge];
    const isWith = names.includes(other); // both move, and keep their distance
    const size = Math.abs(from[other] - from[edge]);
    const least = isFirst ? 0 : isWith ? size : from[other] + LEAST;
    const most = !isFirst ? 1 : isWith ? 1 - size : from[other] - LEAST;
    edges[edge] = Math.min(Math.max(from[edge] + by[edge], Math.min(least, from[edge])), Math.max(most, from[edge]));
  }
  return edges;
}
