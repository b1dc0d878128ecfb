/** The history: asks in the reader's own days; counts down while a deleted drawing can come back, then ends the offer. */

import { askInOwnZone } from "inkling/times";

const filters = document.querySelector("[data-filters]");
const undo = document.querySelector("[data-undo]");

if (filters) askInOwnZone(filters);
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
  history.replaceState(null, "", undo.dataset.without); // a reload offers nothing that is over
}
