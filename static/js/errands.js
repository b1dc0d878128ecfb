/** Asks for what the [data-errand] sections of a page offer, waits for it, and shows it where it was asked for. */

import { finished, pageAt, Refusal, runErrand } from "inkling/api";
import { sentence } from "inkling/sentences";

/** `root` holds the sections; `live` is read out when one of them has news. */
export function runErrands(root, live) {
  root.addEventListener("submit", (event) => {
    event.preventDefault();
    const csrfToken = event.target.elements.csrfmiddlewaretoken.value;
    showWhenDone(root, live, event.target.closest("[data-errand]"), (url) => runErrand(url, { csrfToken }));
  });
  for (const section of root.querySelectorAll('[data-errand][data-state="pending"]')) {
    showWhenDone(root, live, section, finished);
  }
}

async function showWhenDone(root, live, section, wait) {
  const says = section.querySelector("[data-says]");
  const button = section.querySelector("button");
  const tell = (words) => (says.textContent = live.textContent = words);
  if (button) button.disabled = true;
  tell(sentence("errand_pending"));
  try {
    await wait(section.dataset.errand);
    const page = await pageAt(location.href);
    root.replaceChildren(...page.querySelector("[data-errands]").childNodes);
    const fresh = document.getElementById(section.id);
    live.textContent = fresh.querySelector("[data-says]").textContent;
    if (button) fresh.focus({ preventScroll: true });
  } catch (problem) {
    if (!(problem instanceof Refusal)) throw problem;
    tell(sentence(problem.code === "still_waiting" ? "errand_slow" : "errand_refused"));
    if (button) button.disabled = false;
  }
}
