/**
 * Selecting many drawings of the history: by mouse, by keys, a range with Shift, all on the page, or all that match. The
 * check boxes belong to one form, whose buttons do the rest; this script is only for comfort.
 */

import { message } from "inkling/messages";

const form = document.querySelector("[data-selection]");
if (form) offerSelection(form);
announceUndo(document.querySelector("[data-undo-many]"));

function offerSelection(form) {
  const pageBox = form.querySelector("[data-page-box] input");
  const allLabel = form.querySelector("[data-all-box]");
  const allBox = allLabel?.querySelector("input");
  const count = form.querySelector("[data-count]");
  const clearButton = form.querySelector("[data-clear]");
  let last = null; // the box that was clicked last, where a range begins
  let isShiftDown = false; // when the space bar was pressed
  let matching = null; // how many match, in words, once that was asked for

  const boxes = () => [...form.elements].filter((each) => each.name === "id");
  const checked = () => boxes().filter((box) => box.checked);

  form.querySelector("[data-page-box]").hidden = false;
  form.querySelector("[data-selection-keys]").hidden = false;

  document.addEventListener("keydown", (event) => {
    if (event.key === " ") isShiftDown = event.shiftKey;
    if (event.key === "Escape" && !event.defaultPrevented && isAnything() && !document.querySelector("dialog[open]")) clear();
  });
  document.addEventListener("click", (event) => {
    const box = event.target;
    if (box.form !== form || box.name !== "id") return;
    const isRange = event.detail === 0 ? isShiftDown : event.shiftKey;
    if (isRange) selectRange(last, box);
    last = box;
    if (allBox && !box.checked) allBox.checked = false;
    update();
  });
  pageBox.addEventListener("change", () => {
    for (const box of boxes()) box.checked = pageBox.checked;
    if (allBox && !pageBox.checked) allBox.checked = false;
    update();
  });
  allBox?.addEventListener("change", () => {
    for (const box of boxes()) box.checked = allBox.checked;
    update();
  });
  clearButton.addEventListener("click", clear);
  document.addEventListener("inkling:appended", () => {
    if (allBox?.checked) for (const box of boxes()) box.checked = true;
    update();
  });
  form.addEventListener("submit", (event) => {
    if (form.hasAttribute("data-sent")) return event.preventDefault(); // deleting 100,000 takes seconds
    form.setAttribute("data-sent", "");
    event.submitter?.setAttribute("aria-busy", "true");
  });
  addEventListener("pageshow", () => { // a browser that goes back may restore what was checked
    form.removeAttribute("data-sent");
    for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
    update();
  });
  update();

  function isAnything() {
    return checked().length > 0 || allBox?.checked;
  }

  function clear() {
    const hadFocus = form.contains(document.activeElement);
    for (const box of boxes()) box.checked = false;
    if (allBox) allBox.checked = false;
    update();
    if (hadFocus) pageBox.focus(); // what had it is hidden now
  }

  /** Gives all boxes between two the state of the second. */
  function selectRange(from, to) {
    const all = boxes();
    const [first, end] = [all.indexOf(from), all.indexOf(to)].sort((one, other) => one - other);
    if (first >= 0) for (const box of all.slice(first, end + 1)) box.checked = to.checked;
  }

  function update() {
    const [shown, selected] = [boxes().length, checked().length];
    pageBox.checked = selected === shown && shown > 0;
    pageBox.indeterminate = selected > 0 && selected < shown;
    if (allLabel) allLabel.hidden = !allBox.checked && selected < shown;
    if (allLabel && !allLabel.hidden) countMatching();
    form.toggleAttribute("data-active", Boolean(isAnything()));
    for (const part of [clearButton, form.querySelector("[data-selection-actions]")]) part.hidden = !isAnything();
    for (const box of boxes()) box.closest("[data-submission]")?.toggleAttribute("data-selected", box.checked);
    const text = inWords(selected);
    if (count.textContent !== text) count.textContent = text;
  }

  function inWords(selected) {
    if (allBox?.checked) return matching ?? "";
    if (!selected) return "";
    return selected === 1 ? message("selected_one") : message("selected_many", { count: format(selected) });
  }

  /** Asks once how many match, and says so at the box for all of them. */
  async function countMatching() {
    if (matching !== null) return;
    matching = "";
    const url = new URL(form.dataset.countUrl, location.href);
    url.searchParams.set("newest", form.elements.newest.value);
    const found = await fetch(url, { credentials: "same-origin" }).then((response) => response.json()).catch(() => null);
    if (!Number.isInteger(found?.count)) return; // offline or logged out: the box says the same without a number
    const isMore = found.count > found.most;
    const name = isMore ? "select_more" : "select_all";
    form.querySelector("[data-all-text]").textContent = message(name, { count: format(isMore ? found.most : found.count) });
    matching = message("selected_many", { count: isMore ? `${format(found.most)}+` : format(found.count) });
    update();
  }
}

function format(number) {
  return new Intl.NumberFormat(document.documentElement.lang).format(number);
}

/** Says what was deleted once more: what is on a page from the beginning is not announced. */
function announceUndo(place) {
  if (!place) return;
  const text = place.textContent;
  place.textContent = "";
  setTimeout(() => (place.textContent = text), 200);
}
