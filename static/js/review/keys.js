/** The keys of review mode: which key does what, kept in this browser for each reviewer, and the dialog that changes it. */

import { message } from "inkling/messages";

const DEFAULTS = { accept: " ", no_digit: "n", skip: "s", undo: "z", help: "?" };
const PREFIX = "inkling.review-keys.";
// Digits and signs are typed, also as what else people type for a sign; these keys have their own meaning in a field.
const FIXED = ["Enter", "Tab", "Escape", "Backspace", "Delete", "Shift", "Control", "Alt", "Meta", "AltGraph", "Dead"];
const ALSO_TYPED = "xX*−–∶";

export class Keys {
  #name;
  #signs;
  #keys;

  constructor(user, signs) {
    this.#name = PREFIX + user;
    this.#signs = signs;
    this.#keys = { ...DEFAULTS, ...this.#load() };
  }

  /** The action of a keydown event, or undefined. Enter always accepts. */
  actionOf({ key }) {
    if (key === "Enter") return "accept";
    return Object.keys(this.#keys).find((action) => this.#keys[action] === plain(key));
  }

  /** Whether a key types a digit or a sign. */
  isTyped(key) {
    return key.length === 1 && (/\d/.test(key) || this.#signs.includes(key) || ALSO_TYPED.includes(key));
  }

  /** Whether a text has digits, and nothing else but signs. */
  isWritten(text) {
    return /\d/.test(text) && [...text].every((key) => key === " " || this.isTyped(key));
  }

  /** The name of the key of an action, for people. */
  nameOf(action) {
    const key = this.#keys[action];
    return key === " " ? message("space") : key.length === 1 ? key.toUpperCase() : key;
  }

  /** Gives an action another key; returns why that is not possible, or null. */
  change(action, key) {
    if (this.isTyped(key) || FIXED.includes(key) || key.startsWith("Arrow")) return message("key_not_free");
    const other = Object.keys(this.#keys).find((name) => this.#keys[name] === plain(key));
    if (other && other !== action) return message("key_taken");
    this.#keys[action] = plain(key);
    this.#store();
    return null;
  }

  reset() {
    this.#keys = { ...DEFAULTS };
    this.#store();
  }

  #load() {
    try {
      return JSON.parse(localStorage.getItem(this.#name)) ?? {};
    } catch {
      return {}; // nothing is stored, or this browser stores nothing
    }
  }

  #store() {
    try {
      localStorage.setItem(this.#name, JSON.stringify(this.#keys));
    } catch {
      // the change lasts as long as the page
    }
  }
}

function plain(key) {
  return key.length === 1 ? key.toLowerCase() : key;
}

/** The dialog that tells the keys and changes them; calls `onChange()` after each change. */
export function handleKeysDialog(dialog, keys, onChange) {
  const status = dialog.querySelector("[data-keys-status]");
  let waiting = null; // the button whose action gets the next key

  function show() {
    for (const place of dialog.querySelectorAll("[data-key-of]")) place.textContent = keys.nameOf(place.dataset.keyOf);
    waiting?.removeAttribute("data-waiting");
    waiting = null;
    onChange();
  }

  for (const button of dialog.querySelectorAll("[data-change]")) {
    button.addEventListener("click", () => {
      waiting?.removeAttribute("data-waiting");
      waiting = button;
      button.setAttribute("data-waiting", "");
      status.textContent = message("press_a_key");
    });
  }
  dialog.querySelector("[data-reset]").addEventListener("click", () => {
    keys.reset();
    status.textContent = message("keys_reset");
    show();
  });
  dialog.addEventListener("keydown", (event) => {
    if (!waiting || event.key === "Tab" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (["Shift", "AltGraph"].includes(event.key)) return; // on the way to another key
    event.preventDefault();
    const problem = event.key === "Escape" ? message("key_kept") : keys.change(waiting.dataset.change, event.key);
    status.textContent = problem ?? message("key_changed", { key: keys.nameOf(waiting.dataset.change) });
    show();
  });
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  show();
}
