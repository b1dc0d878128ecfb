/** Shows a reading, or why there is none, in a [data-reading] section. Sends no requests. */

import { paintPixels } from "inkling/pixels";
import { message, numberWithArticle, percent } from "inkling/messages";

const CERTAIN = 0.99;
const LIKELY = 0.9;

export class ReadingView {
  #root;
  #invitation;

  constructor(root) {
    this.#root = root;
    this.#invitation = this.#part("message").textContent;
  }

  /** The empty state: an invitation to draw. */
  clear() {
    this.#show("empty", this.#invitation);
  }

  /** Progress, by the message's name. */
  wait(name, values = {}) {
    this.#show("notice", message(name, values));
  }

  /** Why there is no reading: the page's message for the code, or else the API's. */
  refuse(refusal, { canRetry = false } = {}) {
    const state = refusal.code === "blank" ? "notice" : "problem";
    this.#show(state, message(refusal.code) ?? (refusal.message || message("server_error")));
    this.#part("retry").hidden = !canRetry;
  }

  /** `result` as the API returns it; `pageUrl`, if given, is the page on which to correct it. */
  show(result, pageUrl = "") {
    const { text, confidence, verdict, digits } = result;
    this.#show(verdict, message(nameOf(result), { text, number: numberWithArticle(text) }));
    this.#part("text").textContent = text;
    this.#root.dataset.length = lengthOf(text);
    this.#part("hint").textContent = hintOf(verdict, confidence);
    this.#part("digits").replaceChildren(...digits.map((digit) => this.#digit(digit)));
    this.#part("own-page").href = pageUrl;
    this.#part("own-page").hidden = !pageUrl;
  }

  /** Scrolls the reading into view where the page is longer than the screen, as on a phone. */
  reveal() {
    this.#part("head").scrollIntoView({ block: "nearest" });
  }

  #show(state, text) {
    this.#root.dataset.state = state;
    for (const name of ["text", "hint"]) this.#part(name).textContent = "";
    for (const name of ["retry", "own-page"]) this.#part(name).hidden = true;
    this.#part("digits").replaceChildren();
    if (this.#part("message").textContent !== text) this.#part("message").textContent = text;
  }

  #digit({ digit, probabilities, input }) {
    const part = this.#copy("digit");
    const bars = probabilities.map((share, name) => this.#bar(name, share, name === digit));
    part.querySelector("[data-bars]").append(...bars);
    const seen = part.querySelector("[data-seen]");
    seen.setAttribute("aria-label", message("seen", { side: paintPixels(seen, input) }));
    return part;
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

function nameOf({ verdict, confidence }) {
  if (verdict !== "digit") return verdict;
  if (confidence >= CERTAIN) return "certain";
  return confidence >= LIKELY ? "likely" : "probable";
}

function lengthOf(text) {
  if (text.length > 6) return "long";
  return text.length > 1 ? "some" : "one";
}

function hintOf(verdict, confidence) {
  if (verdict === "not_a_digit") return message("not_a_digit_hint");
  const confident = message("confidence", { percent: percent(confidence) });
  return verdict === "unsure" ? `${confident}. ${message("try_again")}` : confident;
}
