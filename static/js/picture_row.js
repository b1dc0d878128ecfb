/** One picture of a batch, as a row: its name, what became of it, and a link to its page. */

import { message } from "inkling/messages";
import { refusalFor } from "inkling/picture_file";
import { sentenceFor } from "inkling/pictures";
import { isPlain, shownText } from "inkling/wording";

const CHEAP_BYTES = 12_000_000; // to decode for a thumbnail
const THUMBNAIL_PX = 112;

export class BatchRow {
  file;
  element;
  id = null; // of the submission, once it is accepted
  isRefused = false; // or failed
  isRead = false;

  #place; // the data of the drawing page, which has the address of a submission's page

  /** `template` holds the row. */
  constructor(file, template, place) {
    this.file = file;
    this.#place = place;
    this.element = template.content.firstElementChild.cloneNode(true);
    this.#part("name").textContent = this.#part("name").title = file.name;
    this.#say("batch_row_ready");
  }

  /** Refuses the file if the service surely would, or if it has more bytes than that. */
  async check(limitBytes) {
    const refusal = await refusalFor(this.file, limitBytes);
    if (refusal) this.refuse(refusal);
  }

  get isToBeSent() {
    return this.id === null && !this.isRefused;
  }

  /** Whether its reading is still to come. */
  get isAwaited() {
    return this.id !== null && !this.isRead && !this.isRefused;
  }

  accept(id) {
    this.id = id;
    this.#say("batch_row_waiting");
    this.#part("link").href = this.#pageUrl;
  }

  /** Shows a small copy of the file, if this browser can decode it cheaply, until there is one of the service. */
  async showThumbnail() {
    if (this.isRefused || this.file.size > CHEAP_BYTES) return;
    const size = { resizeHeight: THUMBNAIL_PX, imageOrientation: "from-image", resizeQuality: "medium" };
    const bitmap = await createImageBitmap(this.file, size).catch(() => null);
    if (!bitmap) return;
    const scale = Math.min(1, THUMBNAIL_PX / bitmap.width);
    const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    canvas.getContext("2d").drawImage(bitmap, 0, 0, width, height);
    bitmap.close();
    if (!this.isRead) this.#part("thumbnail").replaceChildren(canvas);
  }

  /** `refusal`: its `code` and `message`. */
  refuse(refusal) {
    this.isRefused = true;
    this.element.dataset.status = "failed";
    this.#part("outcome").textContent = sentenceFor(refusal);
  }

  /** Shows what the API says of the submission; nothing, if it was deleted meanwhile. */
  follow(submission) {
    if (!submission) return this.refuse({ code: "gone" });
    const { status, error, verdict, expects } = submission;
    if (status === "failed" || status === "canceled") return this.refuse(error ?? { code: "canceled" });
    if (status !== "succeeded") return;
    this.isRead = true;
    this.element.dataset.status = status;
    const text = shownText(submission, !!expects);
    const isUnsure = verdict === "unsure";
    this.#say(isUnsure && !isPlain(submission, !!expects) ? "batch_not_plain" : `batch_${verdict}`, { text });
    if (verdict !== "not_a_digit" && text.length < 4) this.#part("text").textContent = text;
    const image = Object.assign(new Image(56, 56), { alt: "", loading: "lazy", src: `${this.#pageUrl}thumbnail.png` });
    this.#part("thumbnail").replaceChildren(image);
  }

  get #pageUrl() {
    return this.#place.itemUrl.replace(this.#place.someId, this.id);
  }

  #say(name, values) {
    this.#part("outcome").textContent = message(name, values);
  }

  #part(name) {
    return this.element.querySelector(`[data-row-${name}]`);
  }
}
