/** Several pictures in the paper's place: sent as batches, with what became of each. */

import { Refusal, sleep, submissionsOf } from "inkling/api";
import { newId } from "inkling/ink";
import { message } from "inkling/messages";
import { headForPictures } from "inkling/picture_heading";
import { BatchRow } from "inkling/picture_row";
import { askBeforeLeaving, askOrAwaitReturn } from "inkling/picture_waiting";
import { upload } from "inkling/upload";

const FIRST_POLL_MS = 500;
const LONGEST_POLL_MS = 5_000;
const DECODED_AT_ONCE = 2;

export class PictureBatch {
  kind = "batch";

  #root;
  #section;
  #page;
  #expects;
  #expected = null; // once it was sent, since a repeated request has to be the same
  #rows = [];
  #chunks = []; // of rows, each sent as a batch
  #state;
  #closing = new AbortController();

  /** `root` holds the [data-batch] section and the [data-expects] choice; `page` as in js/pictures.js. */
  constructor(root, page) {
    const { signal } = this.#closing;
    this.#root = root;
    this.#page = page;
    this.#section = root.querySelector("[data-batch]");
    this.#expects = root.querySelector("[data-expects]");
    this.#part("send").addEventListener("click", () => this.#send(), { signal });
    this.#part("cancel").addEventListener("click", () => this.#stop(), { signal });
    this.#part("leave").addEventListener("click", page.leave, { signal });
    this.#section.addEventListener("keydown", (event) => this.#press(event), { signal });
    askBeforeLeaving(() => this.#isSending || this.#isUnsent, signal);
    headForPictures(signal);
  }

  get #isSending() {
    return this.#state === "sending";
  }

  get #isUnsent() {
    return ["opening", "ready", "stopped"].includes(this.#state) && this.#rows.some(({ isToBeSent }) => isToBeSent);
  }

  /** Lists the files; they are sent when the person says so. */
  async open(files) {
    this.#part("list").replaceChildren();
    this.#part("expects").append(this.#expects.parentElement);
    this.#part("progress").value = 0;
    this.#part("results").hidden = true;
    this.#show("opening");
    await this.#add(files);
  }

  /** Whether more files join these, or have to wait for them, instead of taking their place. */
  takes(files) {
    if (this.#isSending) this.#page.view.wait("batch_busy");
    else if (this.#isUnsent) this.#add(files);
    else return false;
    return true;
  }

  async #add(files) {
    const template = this.#section.querySelector("template[data-batch-row]");
    const rows = files.map((file) => new BatchRow(file, template, this.#root.dataset));
    this.#rows.push(...rows);
    this.#part("list").append(...rows.map(({ element }) => element));
    this.#part("title").textContent = message("batch_title", { count: this.#rows.length });
    await Promise.all(rows.map((row) => row.check(Number(this.#section.dataset.limitBytes))));
    if (this.#closing.signal.aborted || this.#isSending) return;
    this.#show(this.#state === "opening" ? "ready" : this.#state);
    if (!this.#isUnsent) this.#page.view.refuse(new Refusal("batch_none"));
    else this.#page.view.wait("batch_ready");
    this.#part(this.#isUnsent ? "send" : "leave").focus({ preventScroll: true });
    const waiting = rows.values();
    for (let i = 0; i < DECODED_AT_ONCE; i++) this.#showThumbnails(waiting);
  }

  /** Shows those of the rows that `waiting`, which others may take from too, yields. */
  async #showThumbnails(waiting) {
    for (const row of waiting) {
      if (this.#closing.signal.aborted) return;
      await row.showThumbnail();
    }
  }

  close() {
    this.#closing.abort();
    this.#root.querySelector(".submit").append(this.#expects.parentElement);
    this.#section.hidden = true;
    this.#part("list").replaceChildren();
    history.replaceState(null, "", location.pathname);
  }

  showBoxes() {} // each picture has a page that shows them

  focus() {
    this.#section.focus({ preventScroll: true });
  }

  /** `state`: opening, ready, sending, reading, stopped (by a refusal or by the person) or done. */
  #show(state) {
    this.#state = state;
    this.#section.hidden = false;
    this.#part("expects").hidden = state !== "ready";
    this.#part("upload").hidden = state !== "sending" && state !== "reading";
    this.#part("cancel").hidden = state !== "sending";
    const canSend = this.#rows.some(({ isRefused }) => !isRefused);
    this.#part("send").hidden = !canSend || (state !== "ready" && state !== "stopped");
    this.#part("send").textContent = message(state === "stopped" ? "batch_continue" : "batch_send");
    this.#part("leave").hidden = state === "sending";
  }

  async #send() {
    this.#expected ??= this.#expects.value;
    this.#chunks.push(...this.#split());
    this.#show("sending");
    this.#part("cancel").focus({ preventScroll: true });
    this.#page.view.wait("batch_sending");
    let isDone = false;
    const ask = async (options) => {
      await this.#sendAll(options);
      await this.#watch(options.signal);
      isDone = true;
    };
    const sayReturn = () => this.#state === "stopped" && this.#page.view.wait("batch_online");
    const { signal } = this.#closing;
    await this.#page.read((options) => askOrAwaitReturn(() => ask(options), sayReturn, signal));
    if (this.#closing.signal.aborted) return;
    if (isDone) return this.#finish();
    const hadFocus = this.#section.contains(document.activeElement);
    this.#show("stopped");
    if (hadFocus) this.#part("send").focus({ preventScroll: true });
  }

  #stop() {
    this.#page.stop();
    this.#page.view.wait("batch_stopped");
  }

  /** Chunks of the rows to be sent that are in none yet, none over the limits of a batch. */
  #split() {
    const { limitItems, limitBatchBytes } = this.#section.dataset;
    const [chunks, known] = [[], this.#chunks.flatMap(({ rows }) => rows)];
    for (const row of this.#rows.filter((one) => one.isToBeSent && !known.includes(one))) {
      const last = chunks.at(-1);
      const fits = last && last.rows.length < limitItems && last.bytes + row.file.size <= limitBatchBytes;
      if (!fits) chunks.push({ rows: [], bytes: 0, key: newId(), batch: null, isSent: false });
      chunks.at(-1).rows.push(row);
      chunks.at(-1).bytes += row.file.size;
    }
    return chunks;
  }

  async #sendAll({ csrfToken, signal }) {
    const total = sum(this.#chunks);
    for (const chunk of this.#chunks.filter(({ isSent }) => !isSent)) {
      const before = sum(this.#chunks.filter(({ isSent }) => isSent));
      const onProgress = (share) => (this.#part("progress").value = (before + share * chunk.bytes) / total);
      const form = new FormData();
      if (this.#expected) form.append("expects", this.#expected);
      for (const { file } of chunk.rows) form.append("image", file, "picture");
      const { body } = await upload(this.#section.dataset.url, form, { csrfToken, key: chunk.key, signal, onProgress });
      chunk.isSent = true;
      chunk.batch = body.batch;
      body.items.forEach(({ id, error }, i) => (id ? chunk.rows[i].accept(id) : chunk.rows[i].refuse(error)));
      this.#keepAddress();
    }
  }

  /** Lets a reload of this page find the results. */
  #keepAddress() {
    const batches = this.#chunks.map(({ batch }) => batch).filter(Boolean);
    if (!batches.length) return;
    const query = `?batch=${batches.join(",")}`;
    history.replaceState(null, "", query);
    this.#part("results").href = this.#section.dataset.historyUrl + query;
    this.#part("results").hidden = false;
  }

  /** Waits until every accepted picture is read. */
  async #watch(signal) {
    const hadFocus = this.#section.contains(document.activeElement);
    this.#show("reading");
    if (hadFocus) this.focus();
    for (let pause_ms = FIRST_POLL_MS; ; pause_ms = Math.min(pause_ms * 1.3, LONGEST_POLL_MS)) {
      for (const { batch, rows } of this.#chunks) {
        if (!rows.some(({ isAwaited }) => isAwaited)) continue;
        const found = new Map((await submissionsOf(this.#root.dataset.submitUrl, batch, signal)).map((one) => [one.id, one]));
        for (const row of rows) if (row.isAwaited) row.follow(found.get(row.id));
      }
      if (!this.#rows.some(({ isAwaited }) => isAwaited)) return;
      const { read, count } = this.#counts;
      this.#part("progress").value = read / count;
      this.#page.view.wait("batch_reading", { read, count });
      await sleep(pause_ms, signal);
    }
  }

  #finish() {
    const { read, count, refused } = this.#counts;
    const more = refused ? ` ${message("batch_refused", { refused })}` : "";
    this.#show("done");
    this.#page.view.wait("batch_done", { read, count, more });
  }

  get #counts() {
    const { length: count } = this.#rows;
    const refused = this.#rows.filter(({ isRefused }) => isRefused).length;
    return { count, refused, read: this.#rows.filter(({ isRead }) => isRead).length };
  }

  #press({ key, target, altKey, ctrlKey, metaKey }) {
    if (key !== "Escape" || altKey || ctrlKey || metaKey || target.matches("select")) return;
    this.#isSending ? this.#stop() : this.#page.leave();
  }

  #part(name) {
    return this.#section.querySelector(`[data-batch-${name}]:not(template)`);
  }
}

function sum(chunks) {
  return chunks.reduce((total, { bytes }) => total + bytes, 0);
}
