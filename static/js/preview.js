/** A preview of the digit that is being drawn, read in this browser by a worker. Independent of the page. */

import { scriptAddress } from "inkling/trusted";

const MOVING_MS = 150; // at most one reading in so long while the pen moves
const PARTS = ["bars", "components", "network", "normalize", "pen", "reader"]; // of js/preview/, without the worker

/** Whether this browser can run a preview, and its user wants to load what it takes. */
export function canPreview() {
  return "Worker" in window && "resolve" in import.meta && !navigator.connection?.saveData;
}

/**
 * Starts to load a preview, with the network at `networkUrl`. `onResult` is called for each drawing that was read: with
 * {digit, chance}, or with null if it may be anything else than a single digit.
 */
export function createPreview({ networkUrl, onResult }) {
  return new Preview(new URL(networkUrl, document.baseURI).href, onResult);
}

class Preview {
  #worker = null;
  #network;
  #onResult;
  #isBusy = true; // until the network is loaded
  #drawing = null; // that is to be read next
  #isDue = false;
  #timer;
  #sentAt = -Infinity;
  #turn = 0; // changes when what was sent before is of no interest any more

  constructor(network, onResult) {
    this.#network = network;
    this.#onResult = onResult;
    this.#start();
  }

  /**
   * Reads a drawing in the API's form: `strokes` of points [x, y, ...], `pen_px`, and the `height` of the paper. While
   * the pen `isMoving`, not every drawing is read, otherwise at once. Of several that wait, the last is read.
   */
  draw(drawing, { isMoving = false } = {}) {
    this.#drawing = drawing;
    clearTimeout(this.#timer);
    const pause = isMoving ? this.#sentAt + MOVING_MS - performance.now() : 0;
    this.#isDue ||= pause <= 0;
    if (this.#isDue) this.#send();
    else this.#timer = setTimeout(() => this.#send(), pause);
  }

  /** Forgets what was drawn: nothing of it will be shown any more. */
  clear() {
    clearTimeout(this.#timer);
    this.#turn++;
    this.#drawing = null;
    this.#isDue = false;
    this.#onResult(null);
  }

  /** Ends the worker. */
  stop() {
    this.clear();
    this.#isBusy = true;
    this.#worker?.terminate();
  }

  #start() {
    this.#worker = new Worker(scriptAddress(import.meta.resolve("inkling/preview/worker")), { type: "module" });
    this.#worker.addEventListener("message", ({ data }) => this.#receive(data));
    this.#worker.addEventListener("error", () => this.#fail());
    const modules = PARTS.map((name) => import.meta.resolve(`inkling/preview/${name}`));
    this.#worker.postMessage({ modules, network: this.#network });
  }

  /** Without a network there is no preview, and nothing else is amiss. */
  #fail() {
    this.#worker.terminate();
    this.#isBusy = true;
    if (!navigator.onLine) addEventListener("online", () => this.#start(), { once: true });
  }

  #send() {
    this.#isDue = true;
    if (this.#isBusy || !this.#drawing) return;
    const { strokes, pen_px: penPx, height: paperHeight } = this.#drawing;
    const counts = Int32Array.from(strokes, (stroke) => stroke.length);
    const points = new Float64Array(2 * counts.reduce((sum, count) => sum + count, 0));
    let at = 0;
    for (const stroke of strokes) {
      for (const [x, y] of stroke) {
        points[at++] = x;
        points[at++] = y;
      }
    }
    this.#worker.postMessage({ turn: this.#turn, points, counts, penPx, paperHeight }, [points.buffer, counts.buffer]);
    this.#drawing = null;
    this.#isDue = false;
    this.#isBusy = true;
    this.#sentAt = performance.now();
  }

  #receive({ turn, result, fault }) {
    if (fault) return this.#fail();
    this.#isBusy = false;
    if (turn === this.#turn) this.#onResult(result);
    if (this.#isDue) this.#send();
  }
}
