/** Explains a reading on demand, in a [data-why] section: shows what the page of the submission shows, where it stands. */

import { pageAt, Refusal, runJob } from "inkling/api";
import { message } from "inkling/messages";

export class Explanation {
  #root;
  #request = null; // the AbortController of the explanation that is awaited

  constructor(root) {
    this.#root = root;
  }

  clear() {
    this.#request?.abort();
    this.#root.hidden = true;
  }

  /** Offers to explain a submission, whose page is at `pageUrl`. */
  offer({ url }, pageUrl, csrfToken) {
    this.clear();
    this.#root.hidden = false;
    this.#part("heat").replaceChildren();
    this.#say("");
    this.#part("ask").hidden = false;
    this.#part("ask").onclick = () => this.#explain(url, pageUrl, csrfToken);
  }

  async #explain(url, pageUrl, csrfToken) {
    if (this.#request && !this.#request.signal.aborted) return;
    const { signal } = (this.#request = new AbortController());
    this.#say(message("job_pending"));
    try {
      const { status } = await runJob(`${url}explanation/`, { csrfToken: csrfToken(), signal });
      if (status !== "succeeded") throw new Refusal("job_refused");
      this.#show((await pageAt(pageUrl, signal)).querySelector("[data-job]"));
    } catch (problem) {
      if (signal.aborted) return;
      if (!(problem instanceof Refusal)) throw problem;
      this.#say(message(problem.code === "still_waiting" ? "job_slow" : "job_refused"));
    } finally {
      if (this.#request.signal === signal) this.#request = null;
    }
  }

  /** `section`: an explanation on the page of the submission. */
  #show(section) {
    this.#part("heat").replaceChildren(...section.querySelectorAll("[data-note], .heat"));
    this.#say(section.querySelector("[data-message]").textContent);
    this.#part("ask").hidden = true;
    this.#root.focus({ preventScroll: true });
  }

  #say(text) {
    this.#part("message").textContent = text;
  }

  #part(name) {
    return this.#root.querySelector(`[data-${name}]`);
  }
}
