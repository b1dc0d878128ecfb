/** Checking a sheet by keys: shows one doubtful cell after the other, and saves each change at once. */

import { message } from "inkling/messages";
import { newKey } from "inkling/review/server";
import { Cells, isLeft } from "inkling/sheets/cells";
import { ChangeSender, NO_SENDER } from "inkling/sheets/sender";
import { CheckView, LETTERS } from "inkling/sheets/view";
import { parsePage } from "inkling/trusted";

const DEEPEST = 200; // changes that can be undone here
const OTHER_INK = /(?![x×])[\p{L}?!]/iu; // typed by mistake where digits and signs are written
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

const root = document.querySelector("[data-check]");
const { user } = document.body.dataset;
const input = root.querySelector("[data-value]");
const form = root.querySelector("[data-form]");
const data = JSON.parse(document.getElementById("sheet-cells").textContent);
const cells = new Cells(data.cells);
const view = new CheckView(root);
const past = []; // what was changed here: {id, cell, before}, the newest last
let progress = data.progress;
let stored = null; // the value that was said to be saved just now
let hasDropped = false; // whether letters were typed, which can't be in this cell
const isSaved = Boolean(root.dataset.changeUrl); // not what guests try on our page
const sender = !isSaved ? NO_SENDER : new ChangeSender({
  user,
  sheet: root.dataset.sheet,
  urls: { change: root.dataset.changeUrl, undo: root.dataset.undoUrl },
  csrfToken: form.elements.csrfmiddlewaretoken.value,
  onResult,
  onChange() {
    view.showUnsaved(sender.count, sender.problem);
    if (sender.count && sender.problem && stored !== null) sayStored(stored);
  },
});

const actions = {
  accept() {
    const typed = input.value.trim();
    if (!typed && hasDropped) return sayDropped(); // what is accepted must not stand for what was typed
    if (typed) record("type", typed);
    else record("accept", cells.current.text);
  },
  empty: () => record("empty", ""),
  skip() {
    cells.skip();
    goOn("skipped");
  },
  undo() {
    const last = past.pop();
    sender.add({ id: newKey(), action: "undo", of: last?.id ?? "" });
    if (last) restore(last);
    else if (!isSaved) view.say("nothing_to_undo");
  },
};

/** Shows a change at once, keeps it, sends it, and goes on. */
function record(action, text) {
  const cell = cells.current;
  const change = { id: newKey(), cell: cell.id, action, text, seen: cell.text };
  past.push({ id: change.id, cell, before: { text: cell.text, is_confirmed: cell.is_confirmed } });
  if (past.length > DEEPEST) past.shift();
  become(cell, { text, is_confirmed: true });
  sender.add(change);
  goOn();
  sayStored(text);
}

/** Says that a value is saved, or only kept here while the server can't be reached. */
function sayStored(text) {
  const name = !isSaved ? "tried" : sender.problem ? "kept" : "saved";
  view.say(text ? name : `${name}_empty`, { text });
  stored = text;
}

function sayDropped() {
  view.say("digits_only");
  hasDropped = false;
}

function restore({ cell, before }) {
  become(cell, before);
  show(cell);
  view.say("undone");
}

/** Changes a cell, and with it what is left. */
function become(cell, values) {
  const wasLeft = isLeft(cell);
  Object.assign(cell, values);
  if (cell.is_doubtful && wasLeft !== isLeft(cell)) progress = { ...progress, done: progress.done + (wasLeft ? 1 : -1) };
  view.showInTable(cell);
  view.showProgress(progress);
}

function show(cell) {
  cells.show(cell);
  [stored, hasDropped] = [null, false];
  view.showCell(cell);
  if (cell) view.announce(cell);
  focus();
}

function goOn(said) {
  if (said) view.say(said);
  const next = cells.nextDoubtful();
  if (!next && progress.done < progress.total) return leaveFor(root.dataset.nextUrl); // on another page
  show(next);
  if (next && cells.areAllSkipped) view.say("only_skipped");
}

/** Loads another page of the sheet once all is saved. */
async function leaveFor(url) {
  await sender.send();
  if (sender.count) return show(cells.current);
  location.assign(url);
}

/** Takes over what the server says. */
function onResult(result, change) {
  const cell = cells.get(change.cell);
  if (result.status !== 200) {
    const at = past.findIndex(({ id }) => id === change.id);
    if (at >= 0) past.splice(at, 1);
    view.sayText(result.error?.message ?? message("problem_server_error"));
    if (cell && result.status === 400) become(cell, { text: change.seen, is_confirmed: false });
  }
  for (const one of [...(result.cells ?? []), ...(result.followed ?? [])]) {
    const known = cells.get(one.id);
    if (known && !sender.waiting.some(({ cell: id }) => id === one.id)) become(known, one);
  }
  if (change.action === "undo" && !change.of) sayUndone(result);
  if (result.progress && !sender.count) view.showProgress((progress = result.progress));
  if (result.remark) view.sayText(result.remark);
  if (result.wrong_sums) view.showWrongSums(result.wrong_sums);
  if (cell && (result.status === 409 || result.status === 400)) show(cell);
}

function sayUndone({ cells: undone = [] }) {
  if (!undone.length) return view.say("nothing_to_undo");
  view.say(undone.length === 1 ? "undone" : "undone_many", { count: undone.length });
  const first = cells.get(undone[0].id);
  if (first) show(first);
}

document.addEventListener("keydown", (event) => {
  const isUndo = (event.ctrlKey || event.metaKey) && event.key === "z" && !input.value;
  if (event.defaultPrevented || event.altKey || ((event.ctrlKey || event.metaKey) && !isUndo)) return;
  if (event.target.closest("a, button, summary, select") && ["Enter", " "].includes(event.key)) return; // that presses it
  const run = isUndo ? actions.undo : actionFor(event.key);
  if (!run || (!cells.current && run !== actions.undo)) return type(event);
  event.preventDefault();
  if (!event.repeat || event.key in ARROWS) run(); // a key held down must not answer for cells that nobody looked at
});

/** What a key does; nothing while letters are typed into a cell of text. */
function actionFor(key) {
  if (key === "Enter") return actions.accept;
  if (key === "Escape" && input.value) return () => ((input.value = ""), view.showAnswer(cells.current));
  if (input.value) return null;
  if (key in ARROWS) return () => move(...ARROWS[key]);
  if (cells.current?.is_text && document.activeElement === input) return null;
  const choice = LETTERS.indexOf(key.toLowerCase());
  if (choice >= 0 && cells.current?.alternatives[choice]) return () => record("type", cells.current.alternatives[choice]);
  return { e: actions.empty, s: actions.skip, u: actions.undo }[key.toLowerCase()];
}

function move(rows, columns) {
  const cell = cells.beside(rows, columns);
  if (cell) show(cell);
}

/** Lets digits that are typed anywhere arrive in the field, and letters nowhere but in cells of text. */
function type(event) {
  if (!cells.current || event.key.length !== 1 || event.ctrlKey || event.metaKey) return;
  if (!cells.current.is_text && OTHER_INK.test(event.key)) {
    event.preventDefault();
    sayDropped();
    hasDropped = true;
    return;
  }
  if (event.target !== input && !event.target.closest("a, button, select")) focus();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const { name, value } = event.submitter ?? {};
  if (name === "choice") record("type", value);
  else (actions[value] ?? actions.accept)();
});
root.addEventListener("click", (event) => {
  const { action } = event.target.closest("[data-action]")?.dataset ?? {};
  const cell = cells.get(event.target.closest("[data-table] [data-cell]")?.dataset.cell);
  if (!action && !cell) return;
  event.preventDefault();
  if (action === "retry") retry();
  else if (action) actions[action]();
  else show(cell);
});
root.querySelector("[data-page]")?.addEventListener("click", (event) => {
  const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(event.currentTarget.getScreenCTM().inverse());
  const cell = cells.at(x, y);
  if (cell) show(cell);
});
input.addEventListener("input", () => (hasDropped = false));
input.addEventListener("input", () => cells.current && view.showAnswer(cells.current));

function focus() {
  if (matchMedia("(hover: hover)").matches) input.focus({ preventScroll: true }); // on a phone, its keyboard hides the cell
}

/** Goes on after a problem; after a log-in in another tab, with that tab's token. */
async function retry() {
  const page = await fetch(location.href, { credentials: "same-origin" }).catch(() => null);
  const found = page && parsePage(await page.text());
  if (found && found.body.dataset.user !== user) return location.reload(); // leads to the log-in; what is not saved is kept
  await sender.send(found?.querySelector("[data-form] [name=csrfmiddlewaretoken]")?.value);
}

addEventListener("online", retry);
addEventListener("beforeunload", (event) => sender.count && event.preventDefault());
document.addEventListener("inkling:logged-out", () => location.reload());

for (const { cell: id, text } of sender.waiting) { // what an earlier page left
  const cell = cells.get(id);
  if (cell) become(cell, { text, is_confirmed: true });
}
view.showProgress(progress);
show(cells.get(root.dataset.current) ?? cells.nextDoubtful());
if (cells.current && isLeft(cells.current) === false && sender.count) goOn("saved_earlier");
sender.send();
