/** What was read, or why nothing was, in a [data-answer] section: in words, symbol by symbol, with buttons below. */

import { message } from "inkling/messages";
import { ranked } from "inkling/symbols";

export class AnswerView {
  #root;
  #invitation;

  constructor(root) {
    this.#root = root;
    this.#invitation = this.#part("message").textContent;
  }

  /** The empty state: an invitation to draw. */
  clear() {
    this.#say("empty", this.#invitation);
  }

  /** Progress, in words, with a `hint` below. */
  wait(text, hint = "") {
    this.#say("notice", text, hint);
  }

  /** Why there is no reading, with a `hint` below. */
  refuse(text, { isProblem, hint = "" }) {
    this.#say(isProblem ? "problem" : "notice", text, hint);
  }

  /** Marks what is shown as being of an earlier state of the drawing. */
  set isStale(isStale) {
    this.#root.toggleAttribute("data-stale", isStale);
    for (const name of ["symbols", "buttons"]) this.#part(name).inert = isStale;
    if (isStale) this.isAsking = false;
  }

  /**
   * A reading with its verdict. `headline` may hold `{text}` for the `text` that was read; `label` is "confirmed",
   * "corrected" or "" for how a person judged it.
   */
  show({ verdict, headline, hint, text, label }) {
    this.#say(verdict, headline, hint, text);
    this.#root.dataset.label = label;
  }

  /** The symbols of a number as chips; `onChoose(place)` is called for a pressed one, if given. */
  showSymbols(symbols, onChoose = null) {
    this.#part("symbols").hidden = symbols.length < 2;
    if (symbols.length < 2) return this.#part("symbols").replaceChildren();
    this.#part("symbols").replaceChildren(...symbols.map((symbol, place) => this.#symbol(symbol, place, onChoose)));
  }

  /** Marks the symbol at `place` as chosen; -1 marks none. */
  choose(place) {
    [...this.#part("symbols").children].forEach((chip, i) => chip.setAttribute("aria-pressed", i === place));
  }

  /**
   * `buttons`: each with the `name` of its message, its `look` if it has one, what it does, `act`, and in how many
   * milliseconds that can be of use.
   */
  offer(buttons) {
    this.#part("buttons").replaceChildren(
      ...buttons.map(({ name, values, look = "", act, in_ms = 0 }) => {
        const button = Object.assign(document.createElement("button"), { type: "button", className: "button" });
        button.textContent = message(name, values);
        button.dataset.look = look;
        button.addEventListener("click", act);
        if (in_ms) setTimeout(() => (button.disabled = false), in_ms, (button.disabled = true));
        return button;
      }),
    );
  }

  /** Sets the focus on the first button, when the one that had it is gone. */
  focusButtons() {
    this.#part("buttons").querySelector("button")?.focus({ preventScroll: true });
  }

  /** Hides the words while something else is asked. */
  set isAsking(isAsking) {
    this.#root.toggleAttribute("data-asking", isAsking);
  }

  /** Replaces the hint, for example by what went wrong. */
  hint(text) {
    if (this.#part("hint").textContent !== text) this.#part("hint").textContent = text;
  }

  #say(state, headline, hint = "", text = "") {
    Object.assign(this.#root.dataset, { state, label: "" });
    this.isStale = this.isAsking = this.#root.hidden = false;
    this.showSymbols([]);
    this.offer([]);
    this.hint(hint);
    const place = this.#part("message");
    if (place.textContent === headline.replace("{text}", text)) return; // or it would be announced again
    const [before, after] = headline.split("{text}");
    place.textContent = before;
    if (after !== undefined) {
      const strong = Object.assign(document.createElement("strong"), { className: "answer-text", textContent: text });
      strong.dataset.text = text.length > 1 ? "long" : "short";
      place.append(strong, after);
    }
  }

  #symbol({ symbol, digit, confidence }, place, onChoose) {
    const chip = this.#root.querySelector("template[data-symbol]").content.firstElementChild.cloneNode(true);
    const [first, second] = chip.querySelectorAll("[data-guess]");
    chip.querySelector("[data-symbol-text]").textContent = symbol;
    if (confidence !== undefined) first.textContent = round(confidence);
    const others = digit ? ranked(digit).filter((one) => String(one.digit) !== symbol) : [];
    if (others.length) second.textContent = `${others[0].digit} ${round(others[0].share)}`;
    if (onChoose) chip.addEventListener("click", () => onChoose(place));
    return chip;
  }

  #part(name) {
    return this.#root.querySelector(`[data-${name}]:not(template)`);
  }
}

/** A share in whole percent, rounded down: 99.6% must not look certain, nor anything impossible. */
function round(share) {
  const style = { style: "percent", maximumFractionDigits: 0 };
  const format = new Intl.NumberFormat(document.documentElement.lang, style);
  return share < 0.01 ? `<${format.format(0.01)}` : format.format(Math.floor(share * 100) / 100);
}
