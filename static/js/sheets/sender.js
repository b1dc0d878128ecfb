/**
 * Saves what a person says about cells: each change is kept in this tab until the server has it, also when the page is
 * loaded again, and sent in order, one at a time, again and again until it arrives.
 */

import { RequestFailed } from "inkling/review/server";

const PREFIX = "inkling.sheets."; // of each user in this tab; js/common.js clears it when they log out
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 15_000;
const MOST_KEYS = 200; // of changes that can be undone
const FOR_GOOD = [400, 404, 409]; // the server has answered: sending it again changes nothing

export class ChangeSender {
  problem = ""; // why the last request failed: offline, signed_out or server_error
  #name;
  #urls;
  #csrfToken;
  #onResult;
  #onChange;
  #waiting;
  #keys = new Map(); // of the server's changes, by the id of ours
  #sending = null;
  #pauseMs = FIRST_PAUSE_MS;
  #timer;

  /** Calls `onResult(result, change)` for each change that the server has answered, and `onChange()` after each try. */
  constructor({ user, sheet, urls, csrfToken, onResult, onChange }) {
    this.#name = `${PREFIX}${user}.${sheet}`;
    [this.#urls, this.#csrfToken, this.#onResult, this.#onChange] = [urls, csrfToken, onResult, onChange];
    this.#waiting = this.#read();
  }

  /** How many changes the server does not have yet. */
  get count() {
    return this.#waiting.length;
  }

  /** The changes that the server does not have yet, the oldest first. */
  get waiting() {
    return [...this.#waiting];
  }

  /** Keeps a change, {id, cell, action, text, seen} or {id, action: "undo", of}, and sends it. */
  add(change) {
    this.#waiting.push(change);
    this.#keep();
    this.send();
  }

  /** Sends what is kept, now; resolves when that is done, or has to wait. */
  send(csrfToken = this.#csrfToken) {
    this.#csrfToken = csrfToken;
    this.#sending ??= this.#sendAll().finally(() => (this.#sending = null));
    return this.#sending;
  }

  async #sendAll() {
    clearTimeout(this.#timer);
    try {
      while (this.#waiting.length) await this.#sendFirst();
      this.problem = "";
      this.#pauseMs = FIRST_PAUSE_MS;
    } catch (failure) {
      if (!(failure instanceof RequestFailed)) throw failure;
      this.problem = failure.code;
      if (failure.code !== "signed_out") this.#timer = setTimeout(() => this.send(), this.#pauseMs);
      this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
    } finally {
      this.#onChange();
    }
  }

  async #sendFirst() {
    const [change] = this.#waiting;
    const isUndo = change.action === "undo";
    const key = isUndo && change.of ? this.#keys.get(change.of) : "";
    const isNothing = isUndo && change.of && key === undefined; // what it should undo was refused
    const result = isNothing ? { status: 200, cells: [] } : await this.#post(change, key ?? "");
    this.#waiting.shift();
    this.#keep();
    if (result.change) this.#remember(change.id, result.change);
    this.#onResult(result, change);
  }

  async #post(change, key) {
    const isUndo = change.action === "undo";
    const fields = isUndo ? { change: key } : { cell: change.cell, action: change.action, text: change.text, seen: change.seen };
    const headers = { Accept: "application/json", "X-CSRFToken": this.#csrfToken };
    const options = { method: "POST", keepalive: true, credentials: "same-origin", headers, body: new URLSearchParams(fields) };
    const response = await fetch(isUndo ? this.#urls.undo : this.#urls.change, options).catch(() => {
      throw new RequestFailed("offline");
    });
    const body = await response.json().catch(() => null);
    if (body && (response.ok || FOR_GOOD.includes(response.status))) return { status: response.status, ...body };
    if (response.redirected || [401, 403].includes(response.status)) throw new RequestFailed("signed_out"); // to the log-in
    throw new RequestFailed("server_error");
  }

  #remember(id, key) {
    this.#keys.set(id, key);
    if (this.#keys.size > MOST_KEYS) this.#keys.delete(this.#keys.keys().next().value);
  }

  #read() {
    try {
      return JSON.parse(sessionStorage.getItem(this.#name) ?? "[]");
    } catch {
      return []; // this browser stores nothing
    }
  }

  #keep() {
    try {
      if (this.#waiting.length) sessionStorage.setItem(this.#name, JSON.stringify(this.#waiting));
      else sessionStorage.removeItem(this.#name);
    } catch {
      // then a change lasts as long as the page
    }
  }
}

/** Stands in where nothing is to be saved. */
export const NO_SENDER = { count: 0, waiting: [], problem: "", add() {}, send() {} };
