/** The history: by days of the reader's time zone, with older pages while scrolling; counts down while a deleted drawing
 * can be restored, and follows a batch. */

import { pageAt, sleep } from "inkling/api";
import { groupByDay } from "inkling/history_days";
import { appendPages } from "inkling/history_pages";
import { useOwnTimeZone } from "inkling/times";

const POLL_MS = 2_000;
const LONGEST_POLL_MS = 15_000;

const batch = document.querySelector("[data-batch-state]");
const days = document.querySelector("[data-days]");
const filters = document.querySelector("[data-filters]");
const undo = document.querySelector("[data-undo]");

if (filters) {
  useOwnTimeZone(filters);
  filters.addEventListener("formdata", ({ formData }) => leaveOutEmpty(formData));
}
if (undo) {
  const left = undo.querySelector("[data-left]");
  const until = performance.now() + 1000 * undo.dataset.undo;
  const timer = setInterval(() => {
    const seconds = Math.ceil((until - performance.now()) / 1000);
    left.textContent = seconds;
    if (seconds > 0) return;
    clearInterval(timer);
    undo.remove();
    history.replaceState(history.state, "", undo.dataset.without); // until then, a reload or going back offers it again
  }, 250);
}
if (days) {
  groupByDay(days);
  appendPages(document, days);
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

/** Keeps filters that are not set out of the address, and the time zone if no day is. */
function leaveOutEmpty(formData) {
  for (const name of new Set(formData.keys())) if (!formData.getAll(name).some(Boolean)) formData.delete(name);
  if (!formData.has("since") && !formData.has("until")) formData.delete("zone");
}
