/** The drawing page: ties the paper, the buttons and keys, the API and the reading together. */

import { pageAt, Refusal, submitDrawing } from "inkling/api";
import { DrawingCanvas } from "inkling/canvas";
import { ReadingView } from "inkling/result";

const SLOW_MS = 10_000;

const root = document.querySelector("[data-draw]");
const button = (name) => root.querySelector(`[data-${name}]`);
const view = new ReadingView(root.querySelector("[data-reading]"));
const paper = new DrawingCanvas(root.querySelector("[data-paper]"), drawingChanged);
let asking = null; // the AbortController of the reading that we wait for
let wasSignedOut = false;

/** What was read, or is being read, was another drawing. */
function drawingChanged() {
  stopAsking();
  view.clear();
}

function stopAsking() {
  asking?.abort();
  asking = null;
  button("predict").removeAttribute("aria-busy");
}

async function predict() {
  if (asking) return; // a second press while this very drawing is read
  if (paper.isBlank) return view.refuse(new Refusal("blank"));
  const mine = (asking = new AbortController());
  button("predict").setAttribute("aria-busy", "true");
  view.wait("sending");
  try {
    if (wasSignedOut) await renewToken(mine.signal);
    const submission = await submitDrawing(root.dataset.submitUrl, paper.drawing, {
      csrfToken: root.dataset.csrfToken,
      signal: mine.signal,
      onWait: (ms) => view.wait(ms < SLOW_MS ? "waiting" : "slow"),
    });
    if (!mine.signal.aborted) showFinished(submission);
  } catch (problem) {
    if (mine.signal.aborted) return;
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
  root.dataset.csrfToken = copy.querySelector("[data-csrf-token]")?.dataset.csrfToken ?? root.dataset.csrfToken;
}

function showFinished(submission) {
  if (submission.status === "succeeded") view.show(submission.result);
  else view.refuse(submission.error ?? new Refusal("canceled"));
}

const actions = { predict, undo: () => paper.undo(), reset: () => paper.reset() };
const keys = { Enter: "predict", z: "undo", Z: "undo", Escape: "reset" };

for (const [name, act] of Object.entries(actions)) button(name).addEventListener("click", act);

// Keys count on the sheet only, so that they take nothing from the rest of the page or from a screen reader.
root.querySelector("[data-sheet]").addEventListener("keydown", (event) => {
  const name = keys[event.key];
  const isButtonsOwn = event.key === "Enter" && event.target.matches("button");
  if (!name || isButtonsOwn || event.altKey || event.repeat) return;
  event.preventDefault();
  actions[name]();
});
