/** The page of one submission: shows its drawing and its reading, or waits for the reading. */

import { finished, Refusal } from "inkling/api";
import { showDrawing } from "inkling/drawing";
import { handleJobs } from "inkling/jobs";
import { message, milliseconds } from "inkling/messages";
import { showQueue } from "inkling/queue_status";
import { ReadingView } from "inkling/reading";

const jsonOf = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "null");
const result = jsonOf("reading-json");
const drawing = jsonOf("drawing-json");
const pending = document.querySelector("[data-pending]");

if (result) new ReadingView(document.querySelector("[data-reading]")).show(result);
for (const place of document.querySelectorAll("[data-between]")) {
  const [start, end] = place.dataset.between.split(" ").map((name) => new Date(result.receipt[name]));
  place.textContent = milliseconds(end - start);
}
if (drawing) await showDrawing(document.querySelector("[data-drawing]"), drawing, result?.symbols.length ? result.symbols : result?.digits);

const jobs = document.querySelector("[data-jobs]");
if (jobs) handleJobs(jobs, document.querySelector("[data-jobs-status]"));

if (pending) {
  const text = pending.querySelector("[data-message]");
  const view = { wait: (name, values) => (text.textContent = message(name, values)) };
  const { signal } = new AbortController();
  try {
    await finished(pending.dataset.pending, { signal, onWait: showQueue(view, pending.dataset.queueUrl, signal) });
    location.reload();
  } catch (problem) {
    if (!(problem instanceof Refusal)) throw problem;
    text.textContent = message("still_waiting");
  }
}
