/** The drawings that the reviewer has been given: the first is shown, the others are painted ahead. */

import { showDrawing } from "inkling/drawing";
import { post, RequestFailed } from "inkling/review/server";

const MOST = 12; // that a page has
const FEWEST = 8; // with fewer, it asks for more
const RENEW_EVERY_MS = 10_000; // a lease lasts longer, but a drawing that its owner deletes has to go
const ASK_AGAIN_MS = 10_000; // when there were none, or the request failed
const IDLE_MS = 600_000; // after that the drawings are left to others

export class DrawingQueue {
  left = 0; // how many wait for a review, those in `items` included
  problem = ""; // why the last request failed
  isReady = false; // after the first answer of the server
  items = [];
  #options;
  #answered = new Set(); // keys of drawings that are answered: an answer may arrive after a request for more
  #isAsking = false;
  #activeAt = performance.now();
  #askedAt = -Infinity;

  /**
   * `stage`: where drawings are painted; `template`: of one; `sentKeys()`: keys of drawings whose answers are not saved;
   * `onChange({ lost })`: called after each request, with the keys of drawings that others have now.
   */
  constructor(options) {
    this.#options = options;
    setInterval(() => this.#tick(), 1_000);
  }

  get current() {
    return this.items[0] ?? null;
  }

  /** Notes that somebody is at work, so that the leases are renewed. */
  touch() {
    const wasIdle = this.#isIdle;
    this.#activeAt = performance.now();
    if (wasIdle) this.ask();
  }

  /** Removes the first drawing, which was answered, shows the next, and asks for more if few are left. */
  next() {
    const { element, ...item } = this.items.shift();
    this.#answered.add(item.key);
    element.remove(); // painted again if it is brought back: canvases take memory
    this.left = Math.max(0, this.left - 1);
    this.#show();
    if (this.items.length < FEWEST) this.ask();
    return item;
  }

  /** Shows a drawing again that was answered. */
  bringBack(item) {
    this.#answered.delete(item.key);
    if (this.current) this.current.element.hidden = true;
    this.items.unshift(this.#withElement(item));
    this.left += 1;
    this.#show();
  }

  /** Lets a drawing be given again whose answer was refused. */
  allowAgain(key) {
    this.#answered.delete(key);
  }

  /** Renews the leases and asks for more drawings. */
  async ask() {
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.#askedAt = performance.now();
    const { url, holder, sentKeys, csrfToken, onChange } = this.#options;
    const held = this.items.map(({ key }) => key);
    let [lost, hasMore] = [[], false];
    try {
      const body = { holder, held, sent: sentKeys().slice(0, 1_000), count: Math.max(0, MOST - held.length) };
      const turn = await post(url, body, csrfToken());
      lost = this.#remove(turn.lost);
      for (const drawing of turn.drawings) this.#add(drawing);
      this.left = Math.max(turn.left, this.items.length);
      [this.problem, this.isReady] = ["", true];
      hasMore = turn.drawings.length > 0 && this.items.length < Math.min(FEWEST, this.left);
    } catch (failure) {
      if (!(failure instanceof RequestFailed)) throw failure;
      this.problem = failure.code;
    } finally {
      this.#isAsking = false;
    }
    this.#show();
    onChange({ lost });
    if (hasMore) this.ask(); // the reviewer was faster
  }

  /** Leaves the drawings to others, as the page is left; those that are answered stay with this page until they are saved. */
  release() {
    const { url, holder, csrfToken } = this.#options;
    const released = this.items.map(({ key }) => key);
    if (released.length) post(url, { holder, held: [], sent: [], released, count: 0 }, csrfToken()).catch(() => {});
  }

  /** Removes all drawings from the page. */
  clear() {
    for (const { element } of this.items) element.remove();
    this.items = [];
  }

  get #isIdle() {
    return performance.now() - this.#activeAt > IDLE_MS;
  }

  #tick() {
    if (document.hidden || this.#isIdle || this.problem === "signed_out") return;
    const since = performance.now() - this.#askedAt;
    const isCut = this.items.length === 0 && this.left > 0; // what was left may have been answered meanwhile
    if (isCut || since > RENEW_EVERY_MS || (since > ASK_AGAIN_MS && this.items.length < FEWEST)) this.ask();
  }

  #add(drawing) {
    const isKnown = this.#answered.has(drawing.key) || this.items.some(({ key }) => key === drawing.key);
    if (!isKnown) this.items.push(this.#withElement(drawing));
  }

  #withElement(drawing) {
    const { stage, template } = this.#options;
    const element = template.content.firstElementChild.cloneNode(true);
    element.hidden = true;
    if (drawing.strokes) element.querySelector("img").remove();
    else {
      element.querySelector("canvas").remove();
      element.querySelector("img").src = drawing.image_url;
    }
    stage.append(element);
    return { ...drawing, element, isPainted: false };
  }

  #paint(item) {
    if (item.isPainted) return;
    item.isPainted = true;
    showDrawing(item.element, item).catch(() => item.element.toggleAttribute("data-broken", true)); // deleted since
  }

  /** Paints the drawings that come, one at a time, while the reviewer looks at the present one. */
  #paintAhead() {
    const item = this.items.find(({ isPainted }) => !isPainted);
    if (item) whenIdle(() => (this.#paint(item), this.#paintAhead()));
  }

  #remove(keys) {
    const gone = this.items.filter(({ key }) => keys.includes(key));
    for (const { element } of gone) element.remove();
    this.items = this.items.filter((item) => !gone.includes(item));
    return gone.map(({ key }) => key);
  }

  #show() {
    if (!this.current) return;
    this.#paint(this.current);
    this.current.element.hidden = false;
    this.#paintAhead();
  }
}

function whenIdle(act) {
  if ("requestIdleCallback" in window) requestIdleCallback(act, { timeout: 200 });
  else setTimeout(act, 50);
}
