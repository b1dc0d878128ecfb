/** What happened to a drawing, on its page: shown again after something more did. */

import { localizeTimes } from "inkling/times";

/** Takes what happened over from `page`, the same page as it is now. */
export function showEvents(page) {
  const fresh = page.querySelector("[data-events]");
  localizeTimes(fresh);
  document.querySelector("[data-events]").replaceChildren(...fresh.childNodes);
}
