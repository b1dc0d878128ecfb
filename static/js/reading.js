/** Shows a reading, or why there is none, in a [data-reading] section. Sends no requests. */

import { paintPixels } from "inkling/pixels";
import { message, numberWithArticle, percent } from "inkling/messages";

const CERTAIN = 0.99;
const LIKELY = 0.9;
const WORTH_SHOWING = 0.01; // the probability of an alternative to a sure reading
const MOST_ALTERNATIVES = 4;

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

  /**
   * `result` as the API returns it; `pageUrl`, if given, is the page on which to correct it. `isExpected`: something
   * was expected, so that `text` counts and not all that is written. `onCorrect(text)`, if given, saves the alternative
   * that was chosen, and resolves to whether it could.
   */
  show(result, { pageUrl = "", isExpected = "expected" in this.#root.dataset, onCorrect = null } = {}) {
    const { text, written, verdict, digits } = result;
    const isPlain = isExpected || verdict !== "unsure" || !written || written === text;
    const shown = isPlain ? text : written;
    this.#show(verdict, message(isPlain ? nameOf(result) : "not_plain", { text, number: numberWithArticle(text) }));
    this.#part("text").textContent = shown;
    this.#root.dataset.length = lengthOf(shown);
    this.#part("hint").textContent = hintOf(result, isPlain);
    this.#part("reasons").replaceChildren(...sentencesOf(result, isPlain).map(listItem));
    if (onCorrect) this.#offer(alternativesTo(shown, result), onCorrect);
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
    for (const name of ["text", "hint", "saved"]) this.#part(name).textContent = "";
    for (const name of ["retry", "own-page", "alternatives"]) this.#part(name).hidden = true;
    for (const name of ["digits", "reasons", "chips"]) this.#part(name).replaceChildren();
    if (this.#part("message").textContent !== text) this.#part("message").textContent = text;
  }

  #offer(alternatives, onCorrect) {
    this.#part("alternatives").hidden = alternatives.length === 0;
    this.#part("chips").replaceChildren(
      ...alternatives.map(({ text, probability }) => {
        const chip = this.#copy("chip");
        chip.querySelector("[data-chip-text]").textContent = text;
        chip.querySelector("[data-chip-share]").textContent = percent(probability);
        const button = chip.firstElementChild;
        button.addEventListener("click", async () => {
          const isSaved = await onCorrect(text);
          if (button.isConnected) this.#showSaved(isSaved, text); // else another drawing has begun
        });
        return chip;
      }),
    );
  }

  #showSaved(isSaved, text) {
    this.#part("saved").textContent = isSaved ? message("saved", { text }) : message("not_saved");
    if (!isSaved) return;
    this.#part("own-page").focus(); // the pressed button is about to be hidden
    this.#part("alternatives").hidden = true;
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

function hintOf({ text, verdict, confidence, reasons, problem }, isPlain) {
  if (verdict === "not_a_digit") return message("not_a_digit_hint");
  const confident = message("confidence", { percent: percent(confidence) });
  if (!isPlain) return text ? `${confident}. ${message("digits_alone", { text })}` : confident;
  return verdict === "unsure" && !reasons.length && !problem ? `${confident}. ${message("try_again")}` : confident;
}

/** A sentence for each reason and for the problem, and what else is written. */
function sentencesOf({ text, written, verdict, reasons, problem }, isPlain) {
  const codes = reasons.map(({ code }) => code).filter((code) => !(problem && code === "unexpected"));
  const sentences = codes.map((code) => message(`reason_${code}`) ?? message("reason_unclear"));
  if (problem) sentences.unshift(message(`problem_${problem.code}`) ?? problem.message);
  if (isPlain && verdict !== "not_a_digit" && written && written !== text) sentences.push(message("written", { written }));
  return sentences;
}

function alternativesTo(shown, { verdict, alternatives }) {
  const canBeSaid = ({ text }) => text && text !== shown && !/[?#]/.test(text); // neither other ink nor crossed out
  const isLikely = ({ probability }) => verdict === "unsure" || probability >= WORTH_SHOWING;
  return alternatives.filter((one) => canBeSaid(one) && isLikely(one)).slice(0, MOST_ALTERNATIVES);
}

function listItem(text) {
  const item = document.createElement("li");
  item.textContent = text;
  return item;
}
