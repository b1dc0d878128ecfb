/** Sends a form and tells how much of it has arrived, which fetch cannot. */

import { Refusal, refusalOf } from "inkling/api";

/**
 * Posts `form` to `url` and resolves to the response's `status` and `body`. `key` is its Idempotency-Key, `wait_s` how
 * long the server may hold the response; `onProgress(share)` gets the share that was sent. Throws Refusal, or the
 * signal's reason once that is aborted.
 */
export function upload(url, form, { csrfToken, key, signal, wait_s = 0, onProgress = () => {} }) {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.responseType = "json";
    request.setRequestHeader("X-CSRFToken", csrfToken);
    request.setRequestHeader("Idempotency-Key", key);
    if (wait_s) request.setRequestHeader("Prefer", `wait=${wait_s}`);
    request.upload.addEventListener("progress", ({ loaded, total }) => onProgress(loaded / total));
    request.addEventListener("error", () => reject(new Refusal("offline")));
    request.addEventListener("load", () => {
      const { status, response } = request;
      if (status < 300 && response) resolve({ status, body: response });
      else reject(refusalOf(status, response, request.getResponseHeader("Retry-After")));
    });
    signal.addEventListener("abort", () => (request.abort(), reject(signal.reason)), { once: true });
    request.send(form);
  });
}
