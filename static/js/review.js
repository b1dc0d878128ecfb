/** Review mode: shows one drawing after the other and saves each answer at once, in the background. */

import { message } from "inkling/messages";
import { countEntries, isVolatile, keepEntry, keptEntries } from "inkling/review/kept";
import { handleKeysDialog, Keys } from "inkling/review/keys";
import { DrawingQueue } from "inkling/review/queue";
import { newKey, Sender } from "inkling/review/server";
import { ReviewView } from "inkling/review/view";
import { parsePage } from "inkling/trusted";

const DEEPEST = 50; // answers that can be undone
const root = document.querySelector("[data-review]");
const { turnUrl, entriesUrl, signs } = root.dataset;
const { user } = document.body.dataset;
const input = root.querySelector("[data-typed]");
const dialog = document.querySelector("[data-keys]");
const holder = newKey(); // of the leases of this page
let csrfToken = document.querySelector("[name=csrfmiddlewaretoken]").value;
const past = []; // what was answered: { item, entry }, the newest last
const view = new ReviewView(root, user);
const keys = new Keys(user, signs);
const sender = new Sender({ user, url: entriesUrl, holder, csrfToken, onResult, onChange: update });
const queue = new DrawingQueue({
  url: turnUrl,
  holder,
  stage: root.querySelector("[data-stage]"),
  template: root.querySelector("template[data-drawing-template]"),
  sentKeys: () => keptEntries(user).filter(({ kind }) => kind !== "undo").map(({ drawing }) => drawing),
  csrfToken: () => csrfToken,
  onChange: ({ lost }) => {
    if (lost.length) view.say("lost");
    update();
    sender.send(); // there is a connection, or there will be
  },
});
let shown = null;

/** What accepting says now: what was typed, else the reading; null if there is neither. */
function answer() {
  return input.value.trim() || (queue.current?.reading?.text ?? null);
}

const actions = {
  accept() {
    if (!queue.current) return;
    const text = answer();
    if (text === null) view.say("type_first");
    else if (text !== "" && !keys.isWritten(text)) view.say("needs_digit");
    else record("review", text);
  },
  no_digit: () => record("review", ""),
  skip: () => record("skip", ""),
  undo() {
    const last = past.pop();
    if (!last) return view.say("nothing_to_undo");
    keepEntry(user, { ...last.entry, kind: "undo" });
    queue.bringBack(last.item);
    view.countDone(-1);
    view.say("undone");
    update();
    sender.send();
  },
  help() {
    if (!dialog.open) dialog.showModal();
  },
};

/** Keeps an answer in this browser before the next drawing is shown, and sends it. */
function record(kind, text) {
  if (!queue.current) return;
  const entry = { kind, key: newKey(), drawing: queue.current.key, text };
  keepEntry(user, entry);
  past.push({ item: queue.next(), entry });
  if (past.length > DEEPEST) past.shift();
  view.countDone(1);
  view.sayAnswer(kind, text);
  update();
  sender.send();
}

/** Shows what the server did with an answer. */
function onResult({ outcome, reading, message: problem }, { kind, key, drawing, text }) {
  if (outcome === "saved") {
    if (kind === "review" && key === past.at(-1)?.entry.key) view.sayAnswer(kind, text, reading ?? {});
    return;
  }
  view.sayText(problem);
  if (outcome === "invalid") queue.allowAgain(drawing);
  const at = past.findIndex(({ entry }) => entry.key === key);
  if (kind !== "undo" && at >= 0) {
    past.splice(at, 1);
    view.countDone(-1);
  }
}

/** Shows the drawing that is next, what is left, and what is not saved. */
function update() {
  if (shown !== queue.current) {
    shown = queue.current;
    input.value = "";
    view.showDrawing(shown, { left: queue.left });
  }
  view.showControls({ answer: shown ? answer() : null, isTyped: input.value !== "", hasPast: past.length > 0, shown });
  view.showProgress(queue);
  view.showUnsaved(countEntries(user), sender.problem || queue.problem);
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || dialog.open || event.ctrlKey || event.metaKey || event.altKey) return;
  const action = keys.actionOf(event);
  const isControl = event.target.closest("a, button, summary, select");
  if (isControl && ["Enter", " "].includes(event.key)) return; // that presses it
  queue.touch();
  if (action) {
    event.preventDefault();
    if (!event.repeat) actions[action](); // a key held down must not answer for drawings that nobody looked at
  } else if (event.target !== input && keys.isTyped(event.key)) {
    event.preventDefault();
    type(event.key);
  } else if (event.target !== input && event.key === "Backspace") erase();
});

function type(symbol) {
  if (input.value.length < input.maxLength) input.value += symbol;
  update();
}

function erase() {
  input.value = input.value.slice(0, -1);
  update();
}

root.addEventListener("pointerdown", () => queue.touch());
root.addEventListener("mousedown", (event) => {
  if (event.target.closest("button")) event.preventDefault(); // the field keeps the focus, so that keys go on working
});
root.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (!button) return;
  const { action, symbol } = button.dataset;
  if (action) actions[action]();
  else if (symbol) type(symbol);
  else if ("erase" in button.dataset) erase();
  else if ("signs" in button.dataset) view.toggleSigns();
  else if ("retry" in button.dataset) retry();
});
input.addEventListener("input", update);

/** Goes on after a problem; after a log-in in another tab, with that tab's token. */
async function retry() {
  const page = await fetch(location.href, { credentials: "same-origin" }).catch(() => null);
  const found = page && parsePage(await page.text());
  if (found?.body.dataset.user === user && found.querySelector("[data-review]")) {
    sender.csrfToken = csrfToken = found.querySelector("[name=csrfmiddlewaretoken]").value;
  } else if (found) return location.reload(); // leads to the log-in; what is not saved is kept
  await Promise.all([sender.send(), queue.ask()]);
}

addEventListener("online", retry);
addEventListener("pagehide", () => queue.release());
addEventListener("pageshow", ({ persisted }) => persisted && queue.ask()); // back from another page: others have them now
addEventListener("beforeunload", (event) => {
  if (isVolatile()) event.preventDefault();
});
document.addEventListener("inkling:logged-out", () => {
  queue.clear();
  location.reload();
});
setInterval(update, 1_000); // an answer that takes long is told

handleKeysDialog(dialog, keys, () => view.showKeys(keys));
dialog.addEventListener("close", () => input.focus({ preventScroll: true }));
input.focus({ preventScroll: true });
await sender.send(); // what an earlier page left
queue.ask();
