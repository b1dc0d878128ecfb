/** The page of exports: while a file is being written, tells how far it is, and when it is ready. */

import { pageAt, sleep } from "inkling/api";
import { message } from "inkling/messages";
import { localizeTimes } from "inkling/times";

const POLL_MS = 1_000;
const LONGEST_POLL_MS = 10_000;
const state = document.querySelector("[data-export-state]");

for (let pause_ms = POLL_MS; unfinished(); pause_ms = Math.min(1.2 * pause_ms, LONGEST_POLL_MS)) {
  await sleep(pause_ms);
  const page = await pageAt(location.href).catch(() => null);
  if (page?.querySelector("[data-export-state]")) update(page); // else offline, or logged out
}

function unfinished() {
  return document.querySelector("[data-export][data-unfinished]");
}

function update(page) {
  const row = unfinished();
  const now = page.getElementById(row.id);
  if (!now) return location.reload(); // deleted in another tab
  if (now.hasAttribute("data-unfinished")) return showProgress(row, now);
  state.textContent = message(now.dataset.status === "succeeded" ? "export_ready" : "export_failed");
  localizeTimes(now);
  row.replaceWith(now);
  offerAgain(page);
}

function showProgress(row, now) {
  const [bar, counted] = [row, now].map((one) => one.querySelector("progress"));
  if (bar.value === counted.value) return;
  bar.value = counted.value;
  bar.nextSibling.textContent = counted.nextSibling.textContent;
}

/** Shows the forms that were left out while the file was written. */
function offerAgain(page) {
  const [shown, offered] = [document, page].map((one) => one.querySelector("[data-new-export]"));
  if (shown && offered) shown.replaceWith(offered);
}
