/** One picture of a batch, as a row: its name, what became of it, and a link to its page. */

import { message } from "inkling/messages";
import { sentenceFor } from "inkling/pictures";
import { isPlain, shownText } from "inkling/wording";

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
    this.#part("name").textContent = file.name;
    this.#say("batch_row_ready");
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
