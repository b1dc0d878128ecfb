/** The drawing page: ties the paper, the buttons and keys, the API and the reading together. */

import { pageAt, Refusal, retrySubmission, submitDrawing } from "inkling/api";
import { tellQueue } from "inkling/asking";
import { DrawingCanvas } from "inkling/canvas";
import { claimSheet } from "inkling/claim";
import { ReadingView } from "inkling/result";
import { forgetSheets, keepSheet, keptSheet } from "inkling/sheet";

const RETRYABLE = ["gave_up", "deadline", "no_model"];

const { user } = document.body.dataset;
const root = document.querySelector("[data-draw]");
const part = (name) => root.querySelector(`[data-${name}]`);
const view = new ReadingView(root.querySelector("[data-reading]"));
const paper = new DrawingCanvas(part("paper"), { kept: keptSheet(user), onChange: drawingChanged });
let asking = null; // the AbortController of the reading that we wait for
let failed = null; // the submission that may be tried again
let wasSignedOut = false;

/** What was read, or is being read, was another drawing. */
function drawingChanged() {
  keepSheet(user, paper.drawing);
  stopAsking();
  view.clear();
}

function stopAsking() {
  asking?.abort();
  asking = null;
  part("predict").removeAttribute("aria-busy");
}

function predict() {
  if (asking) return; // a second press while this very drawing is read
  if (paper.isBlank) return view.refuse(new Refusal("blank"));
  return read((options) => submitDrawing(root.dataset.submitUrl, paper.drawing, options));
}

function retry() {
  part("predict").focus(); // the button that was pressed is about to go
  return read((options) => retrySubmission(failed.url, options));
}

/** Shows what `ask`, a function of js/api.js, gives in the end, or why it gives nothing. */
async function read(ask) {
  const mine = (asking = new AbortController());
  const { signal } = mine;
  part("predict").setAttribute("aria-busy", "true");
  view.wait("sending");
  try {
    if (wasSignedOut) await renewToken(signal);
    const onWait = tellQueue(view, root.dataset.queueUrl, signal);
    const submission = await ask({ csrfToken: root.dataset.csrfToken, signal, onWait });
    if (!signal.aborted) showFinished(submission);
  } catch (problem) {
    if (signal.aborted) return;
    if (!(problem instanceof Refusal)) console.error(problem); // a fault of ours; the person is told as much
    wasSignedOut = problem.code === "signed_out";
    view.refuse(problem instanceof Refusal ? problem : new Refusal("server_error"));
  } finally {
    if (asking === mine) {
      stopAsking();
      view.reveal();
    }
  }
}

/** Takes the token of a fresh copy of this page: logging in again, in another tab, made ours void. */
async function renewToken(signal) {
  const copy = await pageAt(location.pathname, signal);
  if (!copy.body.dataset.user) throw new Refusal("signed_out"); // still nobody: the sheet waits for its owner
  if (copy.body.dataset.user !== user) { // somebody else logged in: this sheet is not theirs
    forgetSheets();
    location.reload();
    throw new Refusal("signed_out");
  }
  root.dataset.csrfToken = copy.querySelector("[data-csrf-token]")?.dataset.csrfToken ?? root.dataset.csrfToken;
}

function showFinished(submission) {
  const { id, status, result, error } = submission;
  if (status === "succeeded") return view.show(result, root.dataset.itemUrl.replace(root.dataset.someId, id));
  failed = submission;
  view.refuse(error ?? new Refusal("canceled"), { canRetry: RETRYABLE.includes(error?.code) });
}

/** The sheet takes ink and presses from now on; until this script runs, it says that it does not. */
function wake() {
  root.querySelector("[data-sheet]").removeAttribute("aria-busy");
  for (const name of ["predict", "undo", "reset"]) part(name).disabled = false;
}

const actions = { predict, retry, undo: () => paper.undo(), reset: () => paper.reset() };
const keys = { Enter: "predict", z: "undo", Z: "undo", Escape: "reset" };

for (const [name, act] of Object.entries(actions)) part(name).addEventListener("click", act);

// Keys count on the sheet only, so that they take nothing from the rest of the page or from a screen reader.
root.querySelector("[data-sheet]").addEventListener("keydown", (event) => {
  const name = keys[event.key];
  const isButtonsOwn = event.key === "Enter" && event.target.matches("button");
  if (!name || isButtonsOwn || event.altKey || event.repeat) return;
  event.preventDefault();
  actions[name]();
});

claimSheet(paper, () => paper.copyToFreshSheet());
wake();

// The page may outlive its sheet: in another tab, or in the browser's memory when one comes back to it.
document.addEventListener("inkling:logged-out", () => location.reload());
addEventListener("pageshow", (event) => {
  if (event.persisted && !paper.isBlank && !keptSheet(user)) location.reload();
});
