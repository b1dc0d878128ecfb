/** Requests the jobs that [data-job] sections of a page offer, waits for them and shows their results in place. */

import { finished, pageAt, Refusal, runJob } from "inkling/api";
import { showEvents } from "inkling/events";
import { message } from "inkling/messages";

/** `root` holds the sections; `status` is a live region, which screen readers read out. */
export function handleJobs(root, status) {
  root.addEventListener("submit", (event) => {
    event.preventDefault();
    const csrfToken = event.target.elements.csrfmiddlewaretoken.value;
    showWhenDone(root, status, event.target.closest("[data-job]"), (url) => runJob(url, { csrfToken }));
  });
  for (const section of root.querySelectorAll('[data-job][data-state="pending"]')) {
    showWhenDone(root, status, section, finished);
  }
}

async function showWhenDone(root, status, section, wait) {
  const text = section.querySelector("[data-message]");
  const button = section.querySelector("button");
  const show = (words) => (text.textContent = status.textContent = words);
  if (button) button.disabled = true;
  if (!("paused" in section.dataset)) show(message("job_pending"));
  try {
    await wait(section.dataset.job);
    const page = await pageAt(location.href);
    root.replaceChildren(...page.querySelector("[data-jobs]").childNodes);
    showEvents(page);
    const fresh = document.getElementById(section.id);
    status.textContent = fresh.querySelector("[data-message]").textContent;
    if (button) fresh.focus({ preventScroll: true });
  } catch (problem) {
    if (!(problem instanceof Refusal)) throw problem;
    show(message(problem.code === "still_waiting" ? "job_slow" : "job_refused"));
    if (button) button.disabled = false;
  }
}
