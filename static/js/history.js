/** The history: filters by days of the reader's time zone, counts down while a deleted drawing can be restored, and follows a batch. */

import { pageAt, sleep } from "inkling/api";
import { useOwnTimeZone } from "inkling/times";

const POLL_MS = 2_000;
const LONGEST_POLL_MS = 15_000;

const batch = document.querySelector("[data-batch-state]");
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

// While a batch is being read, tells how far it is, and shows the readings at the end.
for (let pause_ms = POLL_MS; batch?.hasAttribute("data-unfinished"); pause_ms = Math.min(1.2 * pause_ms, LONGEST_POLL_MS)) {
  await sleep(pause_ms);
  const now = (await pageAt(location.href).catch(() => null))?.querySelector("[data-batch-state]");
  if (!now) continue; // offline, or logged out
  batch.toggleAttribute("data-unfinished", now.hasAttribute("data-unfinished"));
  if (batch.textContent !== now.textContent) batch.textContent = now.textContent;
  if (!batch.hasAttribute("data-unfinished")) location.reload();
}
