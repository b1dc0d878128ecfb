/** The page of one item: shows its drawing and its reading, or waits for it. */

import { finished, Refusal } from "inkling/api";
import { tellQueue } from "inkling/asking";
import { showDrawing } from "inkling/drawing";
import { runErrands } from "inkling/errands";
import { ReadingView } from "inkling/result";
import { milliseconds, sentence } from "inkling/sentences";

const jsonOf = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "null");
const result = jsonOf("reading-json");
const drawing = jsonOf("drawing-json");
const pending = document.querySelector("[data-pending]");

if (result) new ReadingView(document.querySelector("[data-reading]")).show(result);
for (const place of document.querySelectorAll("[data-between]")) {
  const [start, end] = place.dataset.between.split(" ").map((name) => new Date(result.receipt[name]));
  place.textContent = milliseconds(end - start);
}
if (drawing) await showDrawing(document.querySelector("[data-drawing]"), drawing, result?.digits);

const errands = document.querySelector("[data-errands]");
if (errands) runErrands(errands, document.querySelector("[data-errands-say]"));

if (pending) {
  const says = pending.querySelector("[data-says]");
  const view = { wait: (name, values) => (says.textContent = sentence(name, values)) };
  const { signal } = new AbortController();
  try {
    await finished(pending.dataset.pending, { signal, onWait: tellQueue(view, pending.dataset.queueUrl, signal) });
    location.reload();
  } catch (problem) {
    if (!(problem instanceof Refusal)) throw problem;
    says.textContent = sentence("still_waiting");
  }
}
