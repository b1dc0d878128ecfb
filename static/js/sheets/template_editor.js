/** The editor of a template: shows the page while one types, and changes columns without loading the page again. */

import { message } from "inkling/messages";
import { parsePage } from "inkling/trusted";

const PAUSE_MS = 600;
const form = document.querySelector("[data-editor]");
const state = document.querySelector("[data-editor-state]");
let timer = 0;
let loading = null;

form.addEventListener("input", ({ target }) => {
  if (/^c\d+-name$/.test(target.name)) nameOf(target).textContent = target.value;
  clearTimeout(timer);
  timer = setTimeout(() => showPreview(), PAUSE_MS);
});

form.addEventListener("submit", (event) => {
  clearTimeout(timer);
  loading?.abort(); // what it would show is older
  const action = event.submitter?.value;
  if (!action || action === "save") return;
  event.preventDefault();
  if (action === "preview") showPreview();
  else changeColumns(action);
});

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
  for (const part of ["[data-forms]", "[data-preview]"]) {
    const now = page.querySelector(part);
    if (!now) return form.submit(); // logged out
    document.querySelector(part).replaceWith(now);
  }
  focusAfter(action);
  showPreview();
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
async function send(action) {
  loading?.abort();
  loading = new AbortController();
  const body = new FormData(form);
  body.set("action", action);
  try {
    const response = await fetch(location.pathname, { method: "POST", body, signal: loading.signal });
    return parsePage(await response.text());
  } catch (fault) {
    if (fault.name !== "AbortError") state.textContent = message("template_offline");
    return null;
  }
}
