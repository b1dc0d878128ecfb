/** On every page: nobody finds the sheet of somebody else, nor their own after they logged out; times are local. */

import { forgetSheets } from "inkling/sheet";
import { tellLocalTimes } from "inkling/times";

const { user, logoutUrl } = document.body.dataset;
const LOGGING_OUT = "inkling.logging-out";
const tabs = new BroadcastChannel("inkling");

forgetSheets(user);
tellLocalTimes(document);

document.addEventListener("submit", ({ target }) => {
  if (new URL(target.getAttribute("action") ?? "", location.href).pathname !== logoutUrl) return;
  forgetSheets();
  sessionStorage.setItem(LOGGING_OUT, "yes");
});

// Said from the page after it: only once the session has ended do the other tabs find it so.
if (user === "" && sessionStorage.getItem(LOGGING_OUT)) {
  sessionStorage.removeItem(LOGGING_OUT);
  tabs.postMessage("logged out");
}

// Another tab of this browser logged out: what is drawn here goes with it.
tabs.addEventListener("message", () => {
  forgetSheets();
  document.dispatchEvent(new Event("inkling:logged-out"));
});
