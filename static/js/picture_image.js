/** A picture file that this browser can decode. Its pixels are handled in a worker, so that a photo stops no page. */

import { decodePreview, encodePart, paint, sourceOf } from "inkling/picture_pixels";
import { scriptAddress } from "inkling/trusted";

const SENDABLE = ["image/png", "image/jpeg", "image/webp"]; // what the API takes
export const WHOLE = { left: 0, top: 0, right: 1, bottom: 1 }; // shares of the picture

export class PictureImage {
  file;
  turns = 0; // by 90 degrees clockwise

  #pixels = new Pixels();
  #preview; // a smaller copy
  #size; // of the upright picture, in pixels

  /** Decodes a file; resolves to null if this browser cannot. */
  static async open(file) {
    const image = new PictureImage(file);
    return (await image.#decode()) ? image : null;
  }

  /** Use `open`. */
  constructor(file) {
    this.file = file;
  }

  close() {
    this.#preview?.close();
    this.#pixels.close();
  }

  /** Paints the part within `edges`, shares of the turned picture. */
  paint(canvas, edges = WHOLE) {
    const { width, height } = this.#preview;
    paint(canvas, this.#preview, { source: sourceOf(edges, this.turns, [width, height]), turns: this.turns });
  }

  /** The part within `edges` as a `blob` of a `size`: the original if that is all of it, in a format the API takes. */
  async encode(edges, limits) {
    const { file, turns } = this;
    const isWhole = Object.keys(WHOLE).every((edge) => edges[edge] === WHOLE[edge]);
    const isOriginal = isWhole && turns === 0 && (!file.type || SENDABLE.includes(file.type));
    return isOriginal ? { blob: file, size: this.#size } : this.#pixels.encodePart({ file, edges, turns, limits });
  }

  async #decode() {
    try {
      const { preview, width, height } = await this.#pixels.decodePreview({ file: this.file });
      this.#preview = preview;
      this.#size = [width, height];
      return true;
    } catch {
      this.close(); // another format, or no picture
      return false;
    }
  }
}

/** js/picture_pixels.js as a worker, or in this thread where a worker has no canvas. */
class Pixels {
  #worker = null;

  constructor() {
    if (!("OffscreenCanvas" in window && "resolve" in import.meta)) return;
    this.#worker = new Worker(scriptAddress(import.meta.resolve("inkling/picture_pixels")), { type: "module" });
  }

  close() {
    this.#worker?.terminate();
  }

  decodePreview(request) {
    return this.#worker ? this.#ask("decodePreview", request) : decodePreview(request);
  }

  encodePart(request) {
    return this.#worker ? this.#ask("encodePart", request) : encodePart(request);
  }

  /** One request at a time. */
  #ask(name, request) {
    return new Promise((resolve, reject) => {
      this.#worker.onmessage = ({ data: { result, fault } }) => (fault ? reject(new Error(fault)) : resolve(result));
      this.#worker.onerror = () => reject(new Error("The worker did not start."));
      this.#worker.postMessage({ name, request });
    });
  }
}
