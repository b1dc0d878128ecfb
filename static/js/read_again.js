/** The page of drawings that are read again: follows them until all are done. */

import { pageAt, sleep } from "inkling/api";
import { localizeTimes } from "inkling/times";

const POLL_MS = 1_500;
const LONGEST_POLL_MS = 15_000;

const place = document.querySelector("[data-read-again]");
for (let pause_ms = POLL_MS; place?.hasAttribute("data-unfinished"); pause_ms = Math.min(1.2 * pause_ms, LONGEST_POLL_MS)) {
  await sleep(pause_ms);
  const now = (await pageAt(location.href).catch(() => null))?.querySelector("[data-read-again]");
  if (!now) continue; // offline, or logged out
  place.toggleAttribute("data-unfinished", now.hasAttribute("data-unfinished"));
  localizeTimes(now);
  update("[data-read-again-changes]", now);
  updateState(now);
}

/** Replaces a part of the page if it changed, but nothing under somebody's hands. */
function update(selector, now) {
  const [shown, newer] = [place, now].map((root) => root.querySelector(selector));
  if (shown.textContent !== newer.textContent && !shown.contains(document.activeElement)) shown.replaceWith(newer);
}

/** Replaces the state around the sentence that is announced, which must stay the same element. */
function updateState(now) {
  const [shown, newer] = [place, now].map((root) => root.querySelector("[data-read-again-state]"));
  const [status, said] = [shown, newer].map((root) => root.querySelector("[data-read-again-status]"));
  if (status.textContent !== said.textContent) status.textContent = said.textContent;
  const progress = shown.querySelector("progress");
  const further = newer.querySelector("progress");
  if (progress && further) [progress.value, progress.max] = [further.value, further.max];
  if (progress && !further) progress.remove();
  update("[data-read-again-left]", now);
}
