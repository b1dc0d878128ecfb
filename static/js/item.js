/** The page of one item: shows its reading, or waits for it. */

import { finished, Refusal } from "inkling/api";
import { ReadingView } from "inkling/result";

const reading = document.getElementById("reading-json");
const pending = document.querySelector("[data-pending]");

if (reading) new ReadingView(document.querySelector("[data-reading]")).show(JSON.parse(reading.textContent));

if (pending) {
  try {
    await finished(pending.dataset.pending);
    location.reload();
  } catch (problem) {
    if (!(problem instanceof Refusal)) throw problem; // else the page still says that it is not read yet: true
  }
}
