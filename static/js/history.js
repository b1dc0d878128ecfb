/** The history: filters by days of the reader's time zone, and counts down while a deleted drawing can be restored. */

import { useOwnTimeZone } from "inkling/times";

const filters = document.querySelector("[data-filters]");
const undo = document.querySelector("[data-undo]");

if (filters) useOwnTimeZone(filters);
if (undo) {
  const left = undo.querySelector("[data-left]");
  const until = performance.now() + 1000 * undo.dataset.undo;
  const timer = setInterval(() => {
    const seconds = Math.ceil((until - performance.now()) / 1000);
    left.textContent = seconds;
    if (seconds > 0) return;
    clearInterval(timer);
    undo.remove();
  }, 250);
  history.replaceState(null, "", undo.dataset.without); // so that a reload does not offer it again
}
