/** Asks what a drawing really shows: ten digits to press, or a field to type in. */

import { message } from "inkling/messages";

const SIGNS = "\\-.,/:%+()°$€£×"; // as in ml/types.py
const TYPED = new RegExp(`^[0-9${SIGNS}]*[0-9][0-9${SIGNS}]*$`);

export class Corrections {
  #root;
  #onSay;
  #onBack;
  #saying = (text) => text; // what a pressed digit stands for

  /** `root` holds [data-picker] and [data-typing]. `onSay(text)` gets the answer, "" for no digit; `onBack()` none. */
  constructor(root, { onSay, onBack }) {
    this.#root = root;
    this.#onSay = onSay;
    this.#onBack = onBack;
    this.#part("typing").addEventListener("submit", (event) => this.#submit(event));
    for (const back of root.querySelectorAll("[data-back]")) back.addEventListener("click", () => this.#back());
    this.#part("none").addEventListener("click", () => onSay(""));
    this.#part("picker").addEventListener("keydown", (event) => this.#press(event));
    this.#part("typing").addEventListener("input", ({ target }) => target.setCustomValidity(""));
    this.#part("typing").addEventListener("keydown", (event) => event.key === "Escape" && this.#back());
  }

  get isOpen() {
    return !this.#part("picker").hidden || !this.#part("typing").hidden;
  }

  close() {
    this.#part("picker").hidden = this.#part("typing").hidden = true;
  }

  /** Asks which digit the whole drawing is. */
  askForDigit(text) {
    this.#saying = (digit) => digit;
    const none = this.#button("not_a_digit_button", () => this.#onSay(""));
    this.#showPicker(message("what_is_it"), [none, this.#toTyping(text)]);
  }

  /** Asks which digit stands at `place` in `text`. */
  askForSymbol(text, place) {
    const symbols = [...text];
    const withSymbol = (symbol) => [...symbols.slice(0, place), symbol, ...symbols.slice(place + 1)].join("");
    this.#saying = withSymbol;
    const question = message("which_digit", { place: place + 1, count: symbols.length, read: symbols[place] });
    this.#showPicker(question, [this.#button("remove", () => this.#onSay(withSymbol(""))), this.#toTyping(text)]);
  }

  /** Lets the person type all of it, beginning with `text`. */
  askForText(text) {
    this.close();
    this.#part("typing").hidden = false;
    const field = this.#part("typing").elements.text;
    field.value = text;
    field.focus();
    field.select();
  }

  #showPicker(question, more) {
    this.close();
    const digits = Array.from({ length: 10 }, (_, digit) => this.#digit(String(digit)));
    const [first, second] = more;
    this.#part("question").textContent = question;
    this.#part("digits").replaceChildren(...digits.slice(0, 5), first, ...digits.slice(5), second);
    this.#part("picker").hidden = false;
    digits[0].focus({ preventScroll: true });
  }

  #digit(digit) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "pick", textContent: digit });
    button.addEventListener("click", () => this.#onSay(this.#saying(digit)));
    return button;
  }

  #button(name, act) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "pick", textContent: message(name) });
    button.dataset.words = "";
    button.addEventListener("click", act);
    return button;
  }

  #toTyping(text) {
    return this.#button("type_it", () => this.askForText(text));
  }

  #press(event) {
    if (event.key === "Escape") return this.#back();
    if (event.ctrlKey || event.metaKey || event.altKey || !/^\d$/.test(event.key)) return;
    this.#onSay(this.#saying(event.key));
  }

  #submit(event) {
    event.preventDefault();
    const field = this.#part("typing").elements.text;
    if (!TYPED.test(field.value.trim())) field.setCustomValidity(this.#part("typing").querySelector(".help").textContent);
    if (field.reportValidity()) this.#onSay(field.value.trim());
  }

  #back() {
    this.close();
    this.#onBack();
  }

  #part(name) {
    return this.#root.querySelector(`[data-${name}]`);
  }
}
