/** The editor of a template: shows the page while one types, and changes columns without loading the page again. */

import { message } from "inkling/messages";
import { Draft } from "inkling/sheets/template_draft";
import { parsePage } from "inkling/trusted";

const PAUSE_MS = 600;
const form = document.querySelector("[data-editor]");
const state = document.querySelector("[data-editor-state]");
const restored = document.querySelector("[data-restored]");
const draft = new Draft(form);
let isChanged = false; // since it was loaded or saved
let timer = 0;
let loading = null;

form.addEventListener("input", ({ target }) => {
  if (/^c\d+-name$/.test(target.name)) nameOf(target).textContent = target.value;
  keepDraft();
  clearTimeout(timer);
  timer = setTimeout(() => showPreview(), PAUSE_MS);
});
addEventListener("beforeunload", (event) => isChanged && event.preventDefault());
restored.querySelector("button").addEventListener("click", () => {
  draft.forget();
  isChanged = false;
  location.reload();
});
open();

form.addEventListener("submit", (event) => {
  clearTimeout(timer);
  loading?.abort(); // what it would show is older
  const action = event.submitter?.value;
  if (!action || action === "save") return leaveToSave();
  event.preventDefault();
  if (action === "preview") showPreview();
  else changeColumns(action);
});

/** Shows what was typed here before the page was loaded again, unless this is what the server could not save. */
async function open() {
  if (form.querySelector("[data-forms] [role=alert]")) return keepDraft();
  const kept = draft.read();
  if (!kept || !show(await send("restore", kept))) return;
  isChanged = true;
  restored.hidden = false;
}

function keepDraft() {
  isChanged = true;
  draft.keep();
}

/** Lets the form be sent. If it comes back with errors, it is kept again. */
function leaveToSave() {
  isChanged = false;
  draft.forget();
}

function nameOf(input) {
  return input.closest("[data-column]").querySelector("[data-column-name]");
}

async function showPreview() {
  const page = await send("preview");
  if (!page) return;
  const shown = page.querySelector("[data-preview]");
  const isRight = shown?.querySelector("svg");
  if (isRight) document.querySelector("[data-preview]").replaceWith(shown);
  state.textContent = message(isRight ? "template_shown" : "template_wrong");
}

async function changeColumns(action) {
  const page = await send(action);
  if (!page) return;
  if (!show(page)) {
    isChanged = false; // nothing is lost: it is kept
    return form.submit(); // logged out
  }
  keepDraft();
  focusAfter(action);
  showPreview();
}

/** Shows the form and the preview of a page that came back; false if it has none. */
function show(page) {
  const parts = ["[data-forms]", "[data-preview]"];
  if (!parts.every((part) => page?.querySelector(part))) return false;
  for (const part of parts) document.querySelector(part).replaceWith(page.querySelector(part));
  return true;
}

/** Focuses the name of the column that was added or moved, or of the one that took the place of what was removed. */
function focusAfter(action) {
  const columns = [...document.querySelectorAll("[data-column]")];
  const [kind, place] = action.split("-");
  const moved = { add: columns.length - 1, up: Number(place) - 1, down: Number(place) + 1 }[kind] ?? Number(place);
  const column = columns[Math.min(moved, columns.length - 1)];
  column.querySelector(column.querySelector("details").open ? "input:not([type=hidden])" : "summary").focus();
}

/** Sends the form as its button would, and returns the page that comes back, or null without a connection. */
async function send(action, body = new FormData(form)) {
  loading?.abort();
  loading = new AbortController();
  body.set("action", action);
  try {
    const response = await fetch(location.pathname, { method: "POST", body, signal: loading.signal });
    return parsePage(await response.text());
  } catch (fault) {
    if (fault.name !== "AbortError") state.textContent = message("template_offline");
    return null;
  }
}
