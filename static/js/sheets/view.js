/** What the page of checking shows: the cell, its place on the picture and in the table, and what is left. */

import { message } from "inkling/messages";

export const LETTERS = "abcd"; // the keys of the alternatives

export class CheckView {
  #root;
  #input;

  constructor(root) {
    this.#root = root;
    this.#input = root.querySelector("[data-value]");
  }

  /** Shows a cell, or that nothing is left if it is null. */
  showCell(cell) {
    this.#root.querySelector("[data-card]").hidden = !cell;
    this.#root.querySelector("[data-done]").hidden = Boolean(cell);
    for (const one of this.#root.querySelectorAll("[data-table] [aria-current]")) one.removeAttribute("aria-current");
    if (!cell) return;
    this.#fill(cell);
    this.#frame(cell);
    const inTable = this.#root.querySelector(`[data-table] [data-cell="${cell.id}"]`);
    inTable?.setAttribute("aria-current", "true");
    inTable?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  #fill(cell) {
    this.#text("[data-cell-name]", cell.name);
    this.#text("[data-reason]", cell.reason);
    const form = this.#root.querySelector("[data-form]");
    form.elements.cell.value = cell.id;
    form.elements.seen.value = cell.text;
    this.#input.value = "";
    this.#input.inputMode = cell.input_mode;
    const choices = this.#root.querySelector("[data-choices]");
    choices.replaceChildren(...cell.alternatives.map((text, i) => this.#choice(text, LETTERS[i])));
    choices.hidden = !cell.alternatives.length;
    this.showAnswer(cell);
  }

  #choice(text, letter) {
    const template = this.#root.querySelector("template[data-choice]");
    const button = template.content.firstElementChild.cloneNode(true);
    button.value = text;
    button.querySelector("[data-text]").textContent = text;
    button.querySelector("[data-letter]").textContent = letter;
    return button;
  }

  /** Says what accepting would save: what was typed, else what was read. */
  showAnswer(cell) {
    const typed = this.#input.value.trim();
    const name = typed ? "save_text" : cell.text ? "accept_text" : "accept_empty";
    this.#text("[data-accept-text]", message(name, { text: typed || cell.text }));
  }

  #frame({ box: [x, y, width, height], view_box }) {
    this.#root.querySelector("[data-crop]")?.setAttribute("viewBox", view_box);
    const frame = this.#root.querySelector("[data-frame]");
    for (const [name, value] of Object.entries({ x, y, width, height })) frame?.setAttribute(name, value);
  }

  /** Shows what is known of a cell in the table. */
  showInTable(cell) {
    const link = this.#root.querySelector(`[data-table] [data-cell="${cell.id}"]`);
    if (!link) return;
    link.querySelector("[data-text]").textContent = cell.text || (link.querySelector("svg") ? "" : "–");
    link.toggleAttribute("data-confirmed", cell.is_confirmed);
    link.toggleAttribute("data-doubtful", cell.is_doubtful && !cell.is_confirmed);
    link.toggleAttribute("data-problem", cell.has_problem);
    const mark = cell.is_confirmed ? "mark_confirmed" : cell.is_doubtful ? "mark_doubtful" : "mark_none";
    link.querySelector("[data-mark]").textContent = message(mark) + (cell.has_problem ? message("mark_problem") : "");
  }

  /** Shows how many of the doubtful cells are done. */
  showProgress({ done, total }) {
    this.#text("[data-progress]", message("progress", { done, total }));
    const bar = this.#root.querySelector("[data-bar]");
    [bar.max, bar.value] = [Math.max(total, 1), total ? done : 1];
  }

  /** Lists the sums that do not add up. */
  showWrongSums(sentences) {
    const list = this.#root.querySelector("[data-wrong-sums]");
    list.hidden = !sentences.length;
    list.querySelector("ul").replaceChildren(
      ...sentences.map((sentence) => Object.assign(document.createElement("li"), { textContent: sentence })),
    );
  }

  /** Tells how many changes the server does not have, and why. */
  showUnsaved(count, problem) {
    const place = this.#root.querySelector("[data-unsaved]");
    place.hidden = !count || !problem;
    if (place.hidden) return;
    const counted = message(count === 1 ? "unsaved_one" : "unsaved", { count });
    this.#text("[data-unsaved-text]", `${counted} ${message(`problem_${problem}`)}`);
  }

  /** Says what became of a change; screen readers read it. */
  say(name, values) {
    this.sayText(message(name, values));
  }

  /** Says a sentence of the server. */
  sayText(text) {
    this.#text("[data-status]", text);
  }

  /** Has screen readers say which cell is next. */
  announce(cell) {
    const read = cell.text ? message("reads", { text: cell.text }) : message("reads_empty");
    this.#text("[data-announcement]", [cell.name, read, cell.reason].filter(Boolean).join(". "));
  }

  #text(selector, text) {
    const place = this.#root.querySelector(selector);
    if (place.textContent !== text) place.textContent = text;
  }
}
