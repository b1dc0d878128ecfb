/** The list of drawings that are kept on this device, in a [data-outbox] section, and when they are sent. */

import { message } from "inkling/messages";
import { forgetKept, GUEST, isAnythingKept, listKept, onOutboxChange } from "inkling/outbox";
import { sendKept } from "inkling/outbox_sender";
import { extentOf, paintStrokes, prepareInk } from "inkling/strokes";

const FIRST_PAUSE_MS = 5_000; // before it is tried again, if the service cannot be reached; then twice as long ...
const LONGEST_PAUSE_MS = 60_000;
const THUMBNAIL_PX = 112;

export class OutboxView {
  #root;
  #status = document.querySelector("[data-outbox-status]"); // a live region: the section itself may be hidden
  #user;
  #pageOf;
  #onSent;
  #onShow;
  #sent = new Map(); // what was sent while this page was open: its entry in the list, by key
  #problem = null; // what keeps everything from being sent, by its code
  #pause_ms = FIRST_PAUSE_MS;
  #timer = null;
  #busy = null; // what is being sent, as a promise
  #isSending = false; // and said to be
  #turn = 0; // of two overlapping calls that show the list, the later one counts

  /**
   * `pageOf(submission)` is the address of a sent drawing's page, or "" if it has none; `onSent(sent)` is called with
   * {key, submission} when a drawing was sent, by this tab or another, and `onShow(kept, state)` when the list is shown;
   * `state` is the name of the message about it.
   */
  constructor(root, { user, pageOf, onSent, onShow }) {
    this.#root = root;
    this.#user = user;
    this.#pageOf = pageOf;
    this.#onSent = onSent;
    this.#onShow = onShow;
    addEventListener("online", () => this.send());
    addEventListener("offline", () => this.#show());
    onOutboxChange((sent) => this.#hear(sent));
    if (isAnythingKept()) this.send();
  }

  /** Shows what is kept, which has just changed, and tries to send it a little later. */
  async refresh() {
    await this.#show();
    this.#schedule();
  }

  /**
   * Sends what is due, or the drawing with this `key`; resolves when that is over. Says so, unless nobody has asked for
   * it: `isQuiet`.
   */
  send(options = {}) {
    if (this.#busy && options.key) return this.#busy.then(() => this.send(options));
    this.#busy ??= this.#send(options).finally(() => (this.#busy = null));
    return this.#busy;
  }

  async #send({ key = null, isQuiet = false }) {
    clearTimeout(this.#timer);
    this.#isSending = !isQuiet;
    if (!isQuiet) await this.#show();
    try {
      this.#problem = await sendKept(this.#user, { key, onSent: (sent) => this.#note(sent) });
    } catch (fault) {
      console.error(fault);
      this.#problem = "unavailable";
    }
    this.#isSending = false;
    await this.#show();
    this.#schedule();
  }

  /** Tries again by itself, unless the person has to do something first. */
  async #schedule() {
    clearTimeout(this.#timer);
    const kept = await this.#kept();
    const waits = kept.map(({ problem }) => (problem ? (problem.retryAt ?? Infinity) - Date.now() : this.#pause_ms));
    const wait_ms = Math.max(Math.min(...waits), 1_000);
    if (wait_ms === Infinity || this.#problem === "signed_out") return;
    this.#pause_ms = this.#problem ? Math.min(2 * this.#pause_ms, LONGEST_PAUSE_MS) : FIRST_PAUSE_MS;
    this.#timer = setTimeout(() => this.send({ isQuiet: true }), wait_ms);
  }

  #hear(sent) {
    if (sent?.user === this.#user) this.#note(sent);
    this.refresh(); // the tab that keeps a drawing may be closed before it has sent it
  }

  #note(sent) {
    this.#sent.set(sent.key, sent.submission);
    this.#onSent(sent);
    this.#show();
  }

  /** What is kept; nothing in a browser that stores nothing. */
  async #kept() {
    return isAnythingKept() ? await listKept(this.#user).catch(() => []) : [];
  }

  async #show() {
    const turn = ++this.#turn;
    const kept = await this.#kept();
    if (turn !== this.#turn) return;
    const focused = this.#placeOf(document.activeElement);
    this.#root.hidden = kept.length + this.#sent.size === 0;
    this.#root.toggleAttribute("data-empty", kept.length === 0);
    this.#part("guests").hidden = this.#user !== GUEST || kept.length === 0;
    this.#part("title").textContent = countOf(kept.length, this.#sent.size);
    this.#part("drawings").replaceChildren(...kept.map((one) => this.#keptItem(one)), ...this.#sentItems());
    this.#part("log-in").hidden = this.#problem !== "signed_out" || kept.length === 0;
    this.#say(this.#stateOf(kept));
    this.#onShow(kept, this.#stateOf(kept));
    if (focused) (this.#root.querySelector(focused) ?? this.#part("title")).focus({ preventScroll: true });
  }

  /** A selector of a button or link in the list, by which it is found once the list was replaced; "" for others. */
  #placeOf(element) {
    const item = element?.closest("[data-key]");
    if (!this.#root.contains(item)) return "";
    const name = ["send", "delete", "open"].find((one) => one in element.dataset);
    return `[data-key="${CSS.escape(item.dataset.key)}"] [data-${name}]:not([hidden])`;
  }

  /** The name of the message about all that is kept. */
  #stateOf(kept) {
    if (!kept.length) return this.#sent.size ? "outbox_all_sent" : null;
    if (this.#isSending) return "outbox_sending";
    if (kept.every(({ problem }) => problem)) return "outbox_refused";
    if (this.#problem === "signed_out") return "outbox_signed_out";
    return navigator.onLine ? "outbox_unreachable" : "outbox_offline";
  }

  #say(name) {
    this.#part("said").textContent = name ? message(name) : "";
    const text = name ? `${this.#part("title").textContent}. ${message(name)}` : "";
    if (this.#status.textContent !== text) this.#status.textContent = text; // or it is announced again
  }

  #keptItem({ key, drawing, keptAt, problem }) {
    const item = this.#item(key);
    const [place, text] = [item.querySelector("canvas"), item.querySelector("[data-text]")];
    place.setAttribute("aria-label", message("outbox_drawing", { time: timeOf(keptAt) }));
    item.querySelector("[data-when]").textContent = message("outbox_kept_at", { time: timeOf(keptAt) });
    if (problem) text.textContent = message(problem.code) ?? (problem.message || message("server_error"));
    if (problem?.retryAt) text.textContent += ` ${message("outbox_again_at", { time: timeOf(problem.retryAt) })}`;
    text.hidden = !problem;
    item.querySelector("[data-send]").hidden = !problem;
    item.querySelector("[data-send]").addEventListener("click", () => this.send({ key }));
    item.querySelector("[data-delete]").addEventListener("click", () => this.#delete(key));
    paintThumbnail(place, drawing);
    return item;
  }

  #sentItems() {
    return [...this.#sent].map(([key, submission]) => {
      const item = this.#item(key);
      for (const name of [".thumbnail", "[data-text]", "[data-send]", "[data-delete]"]) item.querySelector(name).remove();
      const isRead = submission.status === "succeeded" && submission.result.text;
      const words = isRead ? message("outbox_sent_and_read", { text: submission.result.text }) : message("outbox_sent");
      item.querySelector("[data-when]").textContent = words;
      const [link, address] = [item.querySelector("[data-open]"), this.#pageOf(submission)];
      link.hidden = !address;
      link.href = address;
      return item;
    });
  }

  #item(key) {
    const item = this.#root.querySelector("template[data-item]").content.firstElementChild.cloneNode(true);
    item.dataset.key = key;
    return item;
  }

  async #delete(key) {
    await forgetKept(key);
    await this.#show();
    (this.#root.hidden ? document.querySelector("[data-canvas]") : this.#part("title")).focus({ preventScroll: true });
  }

  #part(name) {
    return this.#root.querySelector(`[data-${name}]`);
  }
}

function countOf(kept, sent) {
  if (kept) return message(kept === 1 ? "outbox_one" : "outbox_many", { count: kept });
  return message(sent === 1 ? "outbox_sent_one" : "outbox_sent_many", { count: sent });
}

function timeOf(ms) {
  const form = { hour: "numeric", minute: "2-digit" };
  return new Intl.DateTimeFormat(document.documentElement.lang, form).format(ms);
}

/** Paints a drawing, all of which is shown, on a small canvas. */
function paintThumbnail(canvas, { strokes, width, height, pen_px: pen }) {
  const points = strokes.flat();
  const [left, top, right, bottom] = extentOf([...points, [0, 0], [width, height]]);
  const scale = THUMBNAIL_PX / Math.max(right - left, bottom - top);
  canvas.width = Math.round((right - left) * scale);
  canvas.height = Math.round((bottom - top) * scale);
  const context = canvas.getContext("2d");
  requestAnimationFrame(() => { // once it is in the page, whose colors it takes
    prepareInk(context, scale);
    paintStrokes(context, strokes.filter((stroke) => stroke.length), pen);
  });
}
