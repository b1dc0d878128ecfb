/** More about a reading: why it is not sure, other texts, the probabilities of a digit and what the network saw. */

import { message, percent } from "inkling/messages";
import { paintPixels } from "inkling/pixels";

export class DetailsView {
  #root;
  #onSay;

  /** `onSay(text)` gets an alternative that the person says is right; without it, alternatives are only listed. */
  constructor(root, { onSay = null } = {}) {
    this.#root = root;
    this.#onSay = onSay;
  }

  clear() {
    this.#root.hidden = true;
  }

  /** Marks what is shown as being of an earlier state of the drawing. */
  set isStale(isStale) {
    this.#root.inert = isStale;
  }

  /** `reasons`: sentences; `alternatives` as the API returns them. */
  show({ reasons, alternatives, isSure }) {
    this.#root.hidden = this.isStale = false;
    this.#root.toggleAttribute("data-unsure", !isSure);
    this.#part("reasons").replaceChildren(...reasons.map(listItem));
    this.#part("alternatives").hidden = alternatives.length === 0;
    this.#part("chips").replaceChildren(...alternatives.map((one) => this.#chip(one)));
    this.showDigit(null);
  }

  /** Shows the ten probabilities of `digit`, as the API returns it, under a `title`; null hides them. */
  showDigit(digit, title = "") {
    this.#part("digit").hidden = !digit;
    if (!digit) return;
    this.#part("title").textContent = title;
    this.#part("title").hidden = !title;
    const bars = digit.probabilities.map((share, name) => this.#bar(name, share, name === digit.digit));
    this.#part("bars").replaceChildren(...bars);
    const seen = this.#part("seen");
    seen.setAttribute("aria-label", message("seen", { side: paintPixels(seen, digit.input) }));
  }

  #chip({ text, probability }) {
    const chip = this.#copy("chip");
    chip.querySelector("[data-chip-text]").textContent = text;
    chip.querySelector("[data-chip-share]").textContent = percent(probability);
    const button = chip.firstElementChild;
    if (this.#onSay) button.addEventListener("click", () => this.#onSay(text));
    else button.disabled = true;
    return chip;
  }

  #bar(name, share, isRead) {
    const bar = this.#copy("bar");
    bar.querySelector("[data-name]").textContent = name;
    bar.querySelector("[data-length]").setAttribute("width", 100 * share);
    bar.querySelector("[data-share]").textContent = percent(share);
    bar.firstElementChild.toggleAttribute("data-read", isRead);
    return bar;
  }

  #copy(name) {
    return this.#root.querySelector(`template[data-${name}]`).content.cloneNode(true);
  }

  #part(name) {
    return this.#root.querySelector(`[data-${name}]:not(template)`);
  }
}

function listItem(text) {
  return Object.assign(document.createElement("li"), { textContent: text });
}
