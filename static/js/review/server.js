/** The requests of review mode, and the sender that saves what is kept until the server has it. */

import { forgetEntry, keptEntries } from "inkling/review/kept";

const MOST = 50; // entries in one request
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 15_000;
const CODES = { 401: "signed_out", 403: "signed_out", 404: "signed_out" };

/** Why a request failed. `code`: offline, signed_out or server_error. */
export class RequestFailed extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/** A random UUID. crypto.randomUUID() is missing over plain http, for example on a phone in a home network. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40; // version 4
  bytes[8] = (bytes[8] & 0x3f) | 0x80; // its variant
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** Sends JSON and returns JSON; it also arrives if the page is left meanwhile. */
export async function post(url, body, csrfToken) {
  const options = { method: "POST", keepalive: true, credentials: "same-origin", body: JSON.stringify(body) };
  options.headers = { "Content-Type": "application/json", "X-CSRFToken": csrfToken };
  let response;
  try {
    response = await fetch(url, options);
  } catch {
    throw new RequestFailed("offline");
  }
  if (!response.ok) throw new RequestFailed(CODES[response.status] ?? "server_error");
  return response.json();
}

/** Sends the kept entries of a reviewer in order, one request at a time, again and again until all are saved. */
export class Sender {
  csrfToken;
  problem = ""; // why the last request failed
  #user;
  #url;
  #holder;
  #onResult;
  #onChange;
  #isSending = false;
  #pauseMs = FIRST_PAUSE_MS;
  #timer;

  /** Calls `onResult(result, entry)` for each entry that the server has, and `onChange()` when `problem` changes. */
  constructor({ user, url, holder = newKey(), csrfToken, onResult = () => {}, onChange = () => {} }) {
    this.csrfToken = csrfToken;
    [this.#user, this.#url, this.#holder, this.#onResult, this.#onChange] = [user, url, holder, onResult, onChange];
  }

  /** Sends what is kept, now; resolves when that is done, or has to wait. */
  async send() {
    if (this.#isSending) return;
    this.#isSending = true;
    clearTimeout(this.#timer);
    try {
      for (let entries; (entries = keptEntries(this.#user).slice(0, MOST)).length; ) await this.#save(entries);
      this.#become("");
    } catch (failure) {
      if (!(failure instanceof RequestFailed)) throw failure;
      this.#become(failure.code);
      if (failure.code !== "signed_out") this.#timer = setTimeout(() => this.send(), this.#pauseMs);
      this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
    } finally {
      this.#isSending = false;
    }
  }

  async #save(entries) {
    const sent = entries.map(({ kind, key, drawing, text }) => ({ kind, key, drawing, text }));
    const saved = await post(this.#url, { holder: this.#holder, entries: sent }, this.csrfToken);
    saved.entries.forEach((result, i) => {
      forgetEntry(this.#user, entries[i]);
      this.#onResult(result, entries[i]);
    });
  }

  #become(problem) {
    if (!problem) this.#pauseMs = FIRST_PAUSE_MS;
    this.problem = problem;
    this.#onChange();
  }
}
