/** The drawing page: connects the canvas, the buttons and keys, the API and the reading. */

import { pageAt, Refusal, retrySubmission, reviewSubmission, submitDrawing } from "inkling/api";
import { DrawingPad } from "inkling/drawing_pad";
import { showQueue } from "inkling/queue_status";
import { ReadingView } from "inkling/reading";
import { clearDrawings, loadDrawing } from "inkling/saved_drawing";

const RETRYABLE = ["gave_up", "deadline", "no_model"];

const { user } = document.body.dataset;
const root = document.querySelector("[data-draw]");
const part = (name) => root.querySelector(`[data-${name}]`);
const view = new ReadingView(root.querySelector("[data-reading]"));
const pad = new DrawingPad(root, { user, onChange: drawingChanged, onPredict: predict });
let request = null; // the AbortController of the reading that is awaited
let failed = null; // the submission that the retry button sends again
let wasSignedOut = false;

/** Whatever was read, or is being read, is no longer this drawing. */
function drawingChanged() {
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
  if (pad.ink.isBlank) return view.refuse(new Refusal("blank"));
  return read((options) => submitDrawing(root.dataset.submitUrl, pad.drawing, options));
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
  if (!copy.body.dataset.user) throw new Refusal("signed_out"); // the drawing waits for its owner
  if (copy.body.dataset.user !== user) { // somebody else logged in: this drawing is not theirs
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
    return view.show(result, { pageUrl, isExpected: !!expects, onCorrect: (text) => correct(submission, text) });
  }
  failed = submission;
  view.refuse(error ?? new Refusal("canceled"), { canRetry: RETRYABLE.includes(error?.code) });
}

part("retry").addEventListener("click", retry);

// The page may outlive its drawing: in another tab, or in the browser's back-forward cache.
document.addEventListener("inkling:logged-out", () => location.reload());
addEventListener("pageshow", (event) => {
  if (event.persisted && !pad.ink.isBlank && !loadDrawing(user)) location.reload();
});
