/** A sheet's page: while it is being read, shows how far it is, what is wrong with a photograph, and then the table. */

import { pageAt, sleep } from "inkling/api";
import { message } from "inkling/messages";

const POLL_MS = 700;
const LONGEST_POLL_MS = 5_000;
const root = document.querySelector("[data-sheet]");
const quality = root.querySelector("[data-quality]");
const told = new Set();
let isFollowing = false;

document.addEventListener("inkling:pages-sent", () => follow(true));
document.addEventListener("change", ({ target }) => { // another photograph is sent when it is chosen
  const form = target.closest("[data-retake]");
  if (form && target.files.length) form.requestSubmit();
});
offerRetakes();
follow();

/** Loads this page again and again until everything was read. */
async function follow(isNew = false) {
  if (isFollowing) return;
  isFollowing = true;
  for (let pause_ms = isNew ? 0 : POLL_MS; isNew || root.hasAttribute("data-unfinished"); pause_ms *= 1.15) {
    await sleep(Math.min(pause_ms, LONGEST_POLL_MS));
    const page = await pageAt(location.href).catch((refusal) => refusal);
    if (page.code === "not_found") return showGone();
    const now = page.querySelector?.("[data-sheet]");
    if (now) update(now);
    if (now) isNew = false;
    pause_ms = Math.max(pause_ms, POLL_MS);
  }
  isFollowing = false;
}

function update(now) {
  root.toggleAttribute("data-unfinished", now.hasAttribute("data-unfinished"));
  for (const part of now.querySelectorAll("[data-part]")) {
    const shown = root.querySelector(`[data-part="${part.dataset.part}"]`);
    if (shown.isEqualNode(part) || isUsed(shown)) continue;
    shown.replaceChildren(...part.childNodes);
  }
  offerRetakes();
  for (const problem of problems()) {
    if (told.has(problem)) continue;
    told.add(problem);
    quality.textContent = problem;
  }
}

/** Says that the sheet was deleted, such as in another tab, in place of what can't be done with it any more. */
function showGone() {
  for (const part of root.querySelectorAll("[data-part]:not([data-part=title])")) part.replaceChildren();
  for (const more of document.querySelectorAll("[data-of-sheet]")) more.remove();
  const gone = root.querySelector("[data-gone]");
  gone.textContent = message("sheet_gone");
  gone.hidden = false;
}

/** Makes one button of each form for another photograph. */
function offerRetakes() {
  for (const form of root.querySelectorAll("[data-retake]")) {
    form.querySelector("input[type=file]").className = "visually-hidden";
    form.querySelector("label").className = "button";
    form.querySelector("button").hidden = true;
  }
}

/** Whether somebody is using a control there, which must not vanish under their hands. */
const isUsed = (part) => part.contains(document.activeElement) && document.activeElement.matches("input, button");

function problems() {
  return [...root.querySelectorAll("[data-failed]")].map((page) => {
    const sentences = [...page.querySelectorAll(".sheet-problem")].map((one) => one.textContent.trim());
    return `${page.querySelector("h3").textContent.trim()}: ${sentences.join(" ")}`;
  });
}
