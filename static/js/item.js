/** The page of one submission: shows its drawing and its reading, or waits for the reading. */

import { finished, pageAt, Refusal, reviewSubmission } from "inkling/api";
import { showBoxes } from "inkling/boxes";
import { showDrawing } from "inkling/drawing";
import { showEvents } from "inkling/events";
import { handleJobs } from "inkling/jobs";
import { message, milliseconds } from "inkling/messages";
import { followKeys } from "inkling/neighbors";
import { showQueue } from "inkling/queue_status";
import { ReadingView } from "inkling/reading";
import { Replay } from "inkling/replay";
import { ReplayView } from "inkling/replay_view";

const jsonOf = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "null");
const submission = jsonOf("submission-json");
const drawing = jsonOf("drawing-json");
const pending = document.querySelector("[data-pending]");
const place = document.querySelector("[data-drawing]");
const csrfToken = document.querySelector("[name=csrfmiddlewaretoken]").value;
const result = submission?.result;
const boxed = result?.symbols.length ? result.symbols : result?.digits;
let frame = null; // what is shown of the drawing

for (const element of document.querySelectorAll("[data-between]")) {
  const [start, end] = element.dataset.between.split(" ").map((name) => new Date(result.receipt[name]));
  element.textContent = milliseconds(end - start);
}
if (result) new ReadingView(document, { review, onChoose }).show(submission);
followKeys(document.querySelector("[data-neighbors]"));
if (drawing) frame = await showDrawing(place, drawing, boxed, offerReplay);

/**
 * Saves what the owner says, and shows it in the heading and in what happened. Resolves to the submission as it then
 * is, or to null.
 */
async function review({ url }, text) {
  try {
    const saved = await reviewSubmission(url, text, { csrfToken });
    const page = await pageAt(location.href);
    document.querySelector("h1").replaceChildren(...page.querySelector("h1").childNodes);
    showEvents(page);
    return saved;
  } catch (problem) {
    if (!(problem instanceof Refusal)) console.error(problem);
    return null;
  }
}

/** Paints strokes, and offers to show how they were drawn. */
function offerReplay(canvas, placed) {
  new ReplayView(document.querySelector("[data-replay]"), new Replay(canvas, placed, drawing.times));
}

function onChoose(symbols, chosen) {
  if (frame) showBoxes(place, frame, symbols.some(({ box }) => box) ? symbols : boxed, chosen);
}

const jobs = document.querySelector("[data-jobs]");
if (jobs) handleJobs(jobs, document.querySelector("[data-jobs-status]"));

if (pending) {
  const text = pending.querySelector("[data-message]");
  const view = { wait: (name, values, hint = "") => (text.textContent = `${message(name, values)} ${hint}`.trim()) };
  const { signal } = new AbortController();
  try {
    await finished(pending.dataset.pending, { signal, onWait: showQueue(view, pending.dataset.queueUrl, signal) });
    location.reload();
  } catch (problem) {
    if (!(problem instanceof Refusal)) throw problem;
    text.textContent = message("still_waiting");
  }
}
