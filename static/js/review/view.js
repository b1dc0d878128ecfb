/** What review mode shows and announces; its sentences are templates of the page. */

import { message } from "inkling/messages";

const LATE_MS = 1_500; // an answer that is not saved after that is told

export class ReviewView {
  #root;
  #counter; // the name under which this tab keeps the number of answers
  #done;
  #unsavedSince = null;

  constructor(root, user) {
    this.#root = root;
    this.#counter = `inkling.review-done.${user}`;
    this.#done = Number(sessionStore(this.#counter) ?? 0);
  }

  /** Announces a sentence by its name. */
  say(name, values) {
    this.sayText(message(name, values));
  }

  sayText(text) {
    this.#part("status").textContent = text;
  }

  /** Tells an answer, and what was read once `reading` is known. */
  sayAnswer(kind, text, reading = null) {
    if (kind === "skip") return this.say("skipped");
    if (!reading) return this.sayText(text ? message("saving", { text }) : message("saving_no_digit"));
    const saved = text ? message("saved", { text }) : message("saved_no_digit");
    this.sayText(reading.verdict ? `${saved} ${readAs(reading)}` : saved);
  }

  /** Announces a new drawing, or that there is none. */
  showDrawing(item, { left }) {
    const read = item?.reading ? ` ${readAs(item.reading)}` : "";
    this.#part("announcement").textContent = item ? message("next_drawing", { left }) + read : "";
    this.#part("reading").textContent = item?.reading ? readAs(item.reading) : "";
  }

  /** Names the button that accepts; buttons that can do nothing now say so, but stay where they are. */
  showControls({ answer, isTyped, hasPast, shown }) {
    const label = answer === null ? message("save") : this.#labelOf(answer, isTyped);
    this.#part("accept-text").textContent = label;
    this.#setDisabled('[data-action="accept"]', answer === null);
    this.#setDisabled('[data-action="undo"]', !hasPast);
    for (const name of ["no_digit", "skip"]) this.#setDisabled(`[data-action="${name}"]`, !shown);
  }

  #labelOf(answer, isTyped) {
    if (isTyped) return message("save_text", { text: answer });
    return answer ? message("accept_text", { text: answer }) : message("accept_no_digit");
  }

  #setDisabled(selector, isDisabled) {
    const button = this.#root.querySelector(selector);
    button.toggleAttribute("data-idle", isDisabled);
    if (isDisabled) button.setAttribute("aria-disabled", "true");
    else button.removeAttribute("aria-disabled");
  }

  /** Counts the answers of this tab. */
  countDone(more) {
    this.#done = Math.max(0, this.#done + more);
    sessionStore(this.#counter, this.#done);
  }

  showProgress({ left, items, isReady, problem }) {
    const bar = this.#part("bar");
    bar.max = Math.max(1, this.#done + left);
    bar.value = this.#done;
    this.#part("progress").textContent = message(left >= 1_000 ? "progress_many" : "progress", { done: this.#done, left });
    const isEmpty = items.length === 0;
    this.#part("empty").hidden = !isEmpty;
    const name = !isReady ? "loading" : problem ? "none_here" : left ? "loading" : "all_done";
    if (isEmpty && this.#part("empty").textContent !== message(name)) this.#part("empty").textContent = message(name);
  }

  /** Tells how many answers are not saved, if that takes long or has failed. */
  showUnsaved(count, problem) {
    this.#unsavedSince = count ? (this.#unsavedSince ?? performance.now()) : null;
    const isLate = count > 0 && (problem !== "" || performance.now() - this.#unsavedSince > LATE_MS);
    this.#part("unsaved").hidden = !isLate && !problem;
    const counted = isLate ? message(count === 1 ? "unsaved_one" : "unsaved", { count }) : "";
    const text = [counted, problem ? message(`problem_${problem}`) : ""].filter(Boolean).join(" ");
    if (this.#part("unsaved-text").textContent !== text) this.#part("unsaved-text").textContent = text;
    this.#root.querySelector("[data-retry]").hidden = problem !== "signed_out"; // the others are tried again without
  }

  /** Shows the keys on the buttons that they press. */
  showKeys(keys) {
    for (const place of this.#root.querySelectorAll("[data-key-of]")) place.textContent = keys.nameOf(place.dataset.keyOf);
  }

  /** Shows signs in place of the digits, or the digits again. */
  toggleSigns() {
    const button = this.#root.querySelector("[data-signs]");
    const areShown = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", areShown);
    for (const pad of this.#root.querySelectorAll("[data-pad]")) pad.hidden = (pad.dataset.pad === "signs") !== areShown;
  }

  #part(name) {
    return this.#root.querySelector(`[data-${name}]`);
  }
}

function readAs({ text, verdict }) {
  if (text === null) return message("read_nothing");
  if (verdict === "unsure") return message("read_unsure", { text });
  return text ? message("read_as", { text }) : message("read_no_digit");
}

function sessionStore(name, value) {
  try {
    if (value === undefined) return sessionStorage.getItem(name);
    sessionStorage.setItem(name, value);
  } catch {
    // this browser stores nothing
  }
  return null;
}
