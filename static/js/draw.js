/** The drawing page: connects the canvas, the buttons and keys, the API and the reading. */

import { pageAt, Refusal, retrySubmission, reviewSubmission, submitDrawing } from "inkling/api";
import { DrawingCanvas } from "inkling/canvas";
import { showQueue } from "inkling/queue_status";
import { ReadingView } from "inkling/reading";
import { clearDrawings, loadDrawing, saveDrawing } from "inkling/saved_drawing";
import { claimCanvas } from "inkling/tabs";

const RETRYABLE = ["gave_up", "deadline", "no_model"];
const GUEST = "guest"; // who draws without an account; their drawings have no page to correct or retry them on

const { user } = document.body.dataset;
const root = document.querySelector("[data-draw]");
const part = (name) => root.querySelector(`[data-${name}]`);
const view = new ReadingView(root.querySelector("[data-reading]"));
const saved = loadDrawing(user);
const canvas = new DrawingCanvas(part("canvas"), { saved, onChange: drawingChanged });
let request = null; // the AbortController of the reading that is awaited
let failed = null; // the submission that the retry button sends again
let wasSignedOut = false;

/** Whatever was read, or is being read, is no longer this drawing. */
function drawingChanged() {
  saveDrawing(user, { ...canvas.drawing, expects: part("expects").value });
  stopWaiting();
  view.clear();
}

function stopWaiting() {
  request?.abort();
  request = null;
  part("predict").removeAttribute("aria-busy");
}

function predict() {
  if (request) return; // a second press while this drawing is being read
  if (canvas.isBlank) return view.refuse(new Refusal("blank"));
  const drawing = { ...canvas.drawing, ...expected() };
  return read((options) => submitDrawing(root.dataset.submitUrl, drawing, options));
}

/** What the person says they are writing, as a part of the API's request: nothing for anything. */
function expected() {
  const { value } = part("expects");
  return value ? { expects: value.startsWith("{") ? JSON.parse(value) : value } : {};
}

/** Tells the API that an alternative is right; resolves to whether it was saved. */
async function correct(submission, text) {
  try {
    await reviewSubmission(submission.url, text, { csrfToken: root.dataset.csrfToken });
    return true;
  } catch (problem) {
    if (!(problem instanceof Refusal)) console.error(problem);
    return false;
  }
}

function retry() {
  part("predict").focus(); // the retry button is about to be hidden
  return read((options) => retrySubmission(failed.url, options));
}

/** Shows the submission that `ask`, which calls js/api.js, returns, or why there is none. */
async function read(ask) {
  const mine = (request = new AbortController());
  const { signal } = mine;
  part("predict").setAttribute("aria-busy", "true");
  view.wait("sending");
  try {
    if (wasSignedOut) await renewToken(signal);
    const onWait = showQueue(view, root.dataset.queueUrl, signal);
    const submission = await ask({ csrfToken: root.dataset.csrfToken, signal, onWait });
    if (!signal.aborted) showFinished(submission);
  } catch (problem) {
    if (signal.aborted) return;
    if (!(problem instanceof Refusal)) console.error(problem); // a bug, which is shown as a server error
    wasSignedOut = problem.code === "signed_out";
    view.refuse(problem instanceof Refusal ? problem : new Refusal("server_error"));
  } finally {
    if (request === mine) {
      stopWaiting();
      view.reveal();
    }
  }
}

/** Takes the CSRF token of a fresh copy of this page: logging in again in another tab has made the old one invalid. */
async function renewToken(signal) {
  const copy = await pageAt(location.pathname, signal);
  const now = copy.body.dataset.user;
  if (now !== user && (!now || now === GUEST)) throw new Refusal("signed_out"); // the drawing waits for its owner
  if (now !== user) { // somebody else logged in: this drawing is not theirs
    clearDrawings();
    location.reload();
    throw new Refusal("signed_out");
  }
  root.dataset.csrfToken = copy.querySelector("[data-csrf-token]")?.dataset.csrfToken ?? root.dataset.csrfToken;
}

function showFinished(submission) {
  const { id, status, result, error, expects } = submission;
  if (status === "succeeded") {
    const pageUrl = root.dataset.itemUrl.replace(root.dataset.someId, id);
    const onCorrect = user === GUEST ? null : (text) => correct(submission, text);
    return view.show(result, { pageUrl, isExpected: !!expects, onCorrect });
  }
  failed = submission;
  view.refuse(error ?? new Refusal("canceled"), { canRetry: user !== GUEST && RETRYABLE.includes(error?.code) });
}

/** Enables the canvas and the buttons, which the page marks as busy until this script runs. */
function enable() {
  root.querySelector("[data-pad]").removeAttribute("aria-busy");
  for (const name of ["predict", "undo", "reset", "expects"]) part(name).disabled = false;
}

const actions = { predict, retry, undo: () => canvas.undo(), reset: () => canvas.reset() };
const keys = { Enter: "predict", z: "undo", Z: "undo", Escape: "reset" };

for (const [name, act] of Object.entries(actions)) part(name).addEventListener("click", act);

// Keys work inside the drawing pad only, and leave the rest of the page and screen readers alone.
root.querySelector("[data-pad]").addEventListener("keydown", (event) => {
  const name = keys[event.key];
  const isButtonsOwn = event.key === "Enter" && event.target.matches("button");
  if (!name || isButtonsOwn || event.target === part("expects") || event.altKey || event.repeat) return;
  event.preventDefault();
  actions[name]();
});

part("expects").value = saved?.expects ?? "";
if (part("expects").selectedIndex < 0) part("expects").value = ""; // a choice that there was in an older version
part("expects").addEventListener("change", drawingChanged);

claimCanvas(canvas, () => canvas.renewId());
enable();

// The page may outlive its drawing: in another tab, or in the browser's back-forward cache.
document.addEventListener("inkling:logged-out", () => location.reload());
addEventListener("pageshow", (event) => {
  if (event.persisted && !canvas.isBlank && !loadDrawing(user)) location.reload();
});
