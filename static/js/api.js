/** Calls the API: sends a drawing and waits for its reading. Independent of the page. */

import { parsePage } from "inkling/trusted";

const WAIT_S = 3; // how long the server may hold a response
const FIRST_POLL_MS = 500;
const LONGEST_POLL_MS = 5_000;
const PATIENCE_MS = 120_000;
const MAX_FAILED_POLLS = 5; // in a row; the drawing itself was received

/**
 * Why there is no reading. `code` is the API's, or offline, throttled, signed_out, server_error or still_waiting;
 * `retryAfter_s` is when to try again, or 0 if that is unknown.
 */
export class Refusal extends Error {
  constructor(code, message = "", retryAfter_s = 0) {
    super(message);
    this.code = code;
    this.retryAfter_s = retryAfter_s;
  }
}

const CODE_OF_STATUS = { 401: "signed_out", 403: "signed_out" };
const THROTTLED = 429;
const THROTTLED_S = 5; // for as long, if nothing says how long
const QUOTAS = ["too_many_in_flight", "too_much_kept"]; // 429 too, but not for the number of requests

/** The Refusal that a response with this status, body and Retry-After header stands for. */
export function refusalOf(status, body, retryAfter) {
  const unknown_s = status === THROTTLED ? THROTTLED_S : 0;
  return new Refusal(codeOf(status, body), body?.error?.message, Number(retryAfter) || unknown_s);
}

async function ask(url, options) {
  let response;
  try {
    response = await fetch(url, { credentials: "same-origin", ...options });
  } catch (fault) {
    if (fault.name === "AbortError") throw fault;
    throw new Refusal("offline");
  }
  const body = await response.json().catch(() => null);
  if (response.ok && body) return { response, body };
  throw refusalOf(response.status, body, response.headers.get("Retry-After"));
}

function codeOf(status, body) {
  const code = body?.error?.code;
  if (status === THROTTLED) return QUOTAS.includes(code) ? code : "throttled";
  return CODE_OF_STATUS[status] ?? code ?? (status === 413 ? "too_large" : "server_error"); // a proxy's has no body of ours
}

/** Sends strokes, the same only once under a `key`; returns the response and the submission, which may be unfinished. */
export function sendDrawing(url, drawing, { csrfToken, key, signal }) {
  const headers = {
    "Content-Type": "application/json",
    "X-CSRFToken": csrfToken,
    "Idempotency-Key": key,
    Prefer: `wait=${WAIT_S}`,
  };
  return ask(url, { method: "POST", signal, headers, body: JSON.stringify(drawing) });
}

/**
 * Sends strokes and returns the finished submission; calls `onWait(ms, url)` with the time so far, and the submission's
 * URL, while it waits.
 */
export async function submitDrawing(url, drawing, { csrfToken, key, signal, onWait }) {
  const since = performance.now();
  const { response, body } = await sendDrawing(url, drawing, { csrfToken, key, signal });
  if (isFinished(body)) return body;
  const own = new URL(response.headers.get("Location") ?? body.url, document.baseURI);
  return finished(own.pathname, { signal, onWait, since });
}

/** Says what a finished submission really shows, or takes that back if `text` is null; returns the submission. */
export async function reviewSubmission(url, text, { csrfToken }) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": csrfToken };
  const body = text === null ? undefined : JSON.stringify({ text });
  return (await ask(`${url}review/`, { method: body ? "POST" : "DELETE", headers, body })).body;
}

/** Queues a failed submission again, and returns it finished. */
export async function retrySubmission(url, { csrfToken, signal, onWait }) {
  const since = performance.now();
  await ask(`${url}retry/`, { method: "POST", signal, headers: { "X-CSRFToken": csrfToken } });
  return finished(url, { signal, onWait, since });
}

/**
 * Polls a submission or job until it is finished. The server holds each response for WAIT_S, unless too many requests
 * wait there; then this is plain polling, ever more slowly. Throws Refusal `still_waiting` after two minutes.
 */
export async function finished(url, { signal, onWait = () => {}, since = performance.now() } = {}) {
  const waited = () => performance.now() - since;
  let faults = 0;
  for (let pause = FIRST_POLL_MS; waited() < PATIENCE_MS; pause = Math.min(pause * 1.5, LONGEST_POLL_MS)) {
    await onWait(waited(), url);
    await sleep(pause, signal);
    try {
      const { response, body } = await ask(`${url}${url.includes("?") ? "&" : "?"}wait=${WAIT_S}`, { signal });
      if (isFinished(body)) return body;
      faults = 0;
      pause = Math.max(pause, 1000 * (Number(response.headers.get("Retry-After")) || 0));
    } catch (refusal) {
      if (!(refusal instanceof Refusal) || refusal.code === "signed_out" || ++faults === MAX_FAILED_POLLS) throw refusal;
    }
  }
  throw new Refusal("still_waiting");
}

/** The submissions of a batch, as lists show them. */
export async function submissionsOf(url, batch, signal) {
  return (await ask(`${url}?batch=${batch}&limit=100`, { signal })).body.results;
}

/** Starts a job, such as an explanation, and returns it finished. */
export async function runJob(url, { csrfToken, signal }) {
  const { body } = await ask(url, { method: "POST", signal, headers: { "X-CSRFToken": csrfToken } });
  return isFinished(body) ? body : finished(url, { signal });
}

/** The state of the queue and of a submission in it, or null if it could not be read: waiting goes on without it. */
export async function queueState(url, { submission, signal }) {
  try {
    return (await ask(`${url}?submission=${submission}`, { signal })).body;
  } catch (fault) {
    if (fault instanceof Refusal) return null;
    throw fault;
  }
}

/** Fetches one of the site's pages as a document; rejects with `not_found` if it is gone. */
export async function pageAt(url, signal) {
  const response = await fetch(url, { signal }).catch((fault) => {
    throw fault.name === "AbortError" ? fault : new Refusal("offline");
  });
  if (response.status === 404) throw new Refusal("not_found");
  return parsePage(await response.text());
}

/** Whether a submission or job is finished. */
export function isFinished({ status }) {
  return ["succeeded", "failed", "canceled"].includes(status);
}

/** Resolves after `ms`; rejects when `signal` is aborted. */
export function sleep(ms, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => (clearTimeout(timer), reject(signal.reason));
    const timer = setTimeout(() => (signal?.removeEventListener("abort", onAbort), resolve()), ms);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
