/** Runs on every page: clears what belongs to other users and after a log-out, hands a guest's drawings to the user who
 * logs in, saves a reviewer's answers that an earlier page could not, shows local times, and offers themes. */

import { message } from "inkling/messages";
import { clearOutbox, GUEST, isAnythingKept, takeOverOutbox } from "inkling/outbox";
import { clearDrawings, rememberUser, takeOverDrawing } from "inkling/saved_drawing";
import { offerThemes } from "inkling/theme";
import { localizeTimes } from "inkling/times";

const { user, logoutUrl, entriesUrl } = document.body.dataset;
const LOGGING_OUT = "inkling.logging-out";
const ENTRIES = "inkling.review."; // the prefix of js/review/kept.js
const tabs = new BroadcastChannel("inkling");
let entries = null; // that module, for reviewers and where anything of one is kept
let isReady = !entriesUrl && !isAnyEntryKept();
const loading = isReady ? null : loadEntries();

const isLoggedIn = user && user !== GUEST;
if (isLoggedIn) takeOverDrawing(user);
clearDrawings(user || GUEST); // on the log-in page, a guest's drawing waits for who logs in
rememberUser(user);
localizeTimes(document);
offerThemes();
import("inkling/registration").catch(() => null); // the next page tries again
// Somebody whose session has ended may come back for what is kept here; once another person logs in, it is gone.
if (isLoggedIn && isAnythingKept()) takeOverOutbox(user);

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (new URL(form.getAttribute("action") ?? "", location.href).pathname !== logoutUrl) return;
  if (isAnythingKept() && location.pathname !== logoutUrl) { // the page of the log-out warns first
    event.preventDefault();
    location.assign(logoutUrl);
    return;
  }
  if (!isReady) {
    event.preventDefault();
    loading.finally(() => form.requestSubmit());
    return;
  }
  const count = (user && entries?.countEntries(user)) || 0;
  if (count && !confirm(message("log_out_unsaved", { count }))) return event.preventDefault();
  entries?.clearEntries();
  clearDrawings();
  rememberUser("");
  sessionStorage.setItem(LOGGING_OUT, "yes");
  if (!isAnythingKept()) return;
  event.preventDefault();
  clearOutbox().finally(() => form.submit());
});

// Sent from the page after the log-out: only then has the session ended for the other tabs too.
if (user === "" && sessionStorage.getItem(LOGGING_OUT)) {
  sessionStorage.clear();
  tabs.postMessage("logged out");
}

// Another tab of this browser logged out, so the drawing in this one is cleared too.
tabs.addEventListener("message", () => {
  clearDrawings();
  entries?.clearEntries();
  document.dispatchEvent(new Event("inkling:logged-out"));
});

await loading;
if (entriesUrl && entries?.countEntries(user) && !document.querySelector("[data-review]")) {
  const { Sender } = await import("inkling/review/server");
  const csrfToken = document.querySelector("[name=csrfmiddlewaretoken]").value;
  await new Sender({ user, url: entriesUrl, csrfToken }).send();
}

async function loadEntries() {
  try {
    entries = await import("inkling/review/kept");
    if (user) entries.clearEntries(user); // not on the log-in page, where a reviewer may be whose session has ended
  } finally {
    isReady = true;
  }
}

function isAnyEntryKept() {
  try {
    return Object.keys(localStorage).some((name) => name.startsWith(ENTRIES));
  } catch {
    return false; // this browser stores nothing
  }
}
