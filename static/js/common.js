/** Runs on every page: clears drawings of other users and after a log-out, shows local times, and offers themes. */

import { clearDrawings } from "inkling/saved_drawing";
import { offerThemes } from "inkling/theme";
import { localizeTimes } from "inkling/times";

const { user, logoutUrl } = document.body.dataset;
const LOGGING_OUT = "inkling.logging-out";
const tabs = new BroadcastChannel("inkling");

clearDrawings(user);
localizeTimes(document);
offerThemes();

document.addEventListener("submit", ({ target }) => {
  if (new URL(target.getAttribute("action") ?? "", location.href).pathname !== logoutUrl) return;
  clearDrawings();
  sessionStorage.setItem(LOGGING_OUT, "yes");
});

// Sent from the page after the log-out: only then has the session ended for the other tabs too.
if (user === "" && sessionStorage.getItem(LOGGING_OUT)) {
  sessionStorage.removeItem(LOGGING_OUT);
  tabs.postMessage("logged out");
}

// Another tab of this browser logged out, so the drawing in this one is cleared too.
tabs.addEventListener("message", () => {
  clearDrawings();
  document.dispatchEvent(new Event("inkling:logged-out"));
});
