/** The controls of a replay, which goes from stroke to stroke instead of playing where the system asks for less motion. */

import { message } from "inkling/messages";

const LONGEST_FRAME_MS = 100; // of playing, however long the browser took
const STEPS = 20; // of an arrow key, in the whole
const LEAST_STEP_MS = 50;
const LEAPS = 4; // of the page keys

export class ReplayView {
  #replay;
  #root;
  #range;
  #isCalm = matchMedia("(prefers-reduced-motion: reduce)");
  #frame = 0; // the request of the next frame; 0 while it is still
  #paintedAt = 0;

  /** `root` holds the controls. It never plays by itself. */
  constructor(root, replay) {
    this.#root = root;
    this.#replay = replay;
    this.#range = this.#part("position");
    this.#part("play").addEventListener("click", () => this.#press());
    this.#range.addEventListener("input", () => this.#seek(Number(this.#range.value)));
    this.#part("replay-controls").addEventListener("keydown", (event) => this.#onKey(event));
    this.#isCalm.addEventListener("change", () => this.#begin());
    this.#begin();
    this.#part("replay-controls").hidden = false;
  }

  get #isPlaying() {
    return this.#frame !== 0;
  }

  /** Where it is, in strokes or in milliseconds, as the range has it. */
  get #position() {
    const { at_ms, ends_ms } = this.#replay;
    return this.#isCalm.matches ? ends_ms.filter((end) => end <= at_ms).length : Math.max(at_ms, 0);
  }

  get #most() {
    return this.#isCalm.matches ? this.#replay.ends_ms.length : this.#replay.duration_ms;
  }

  #begin() {
    this.#stop();
    this.#range.max = this.#most;
    this.#part("speed-field").hidden = this.#isCalm.matches;
    this.#replay.at_ms = this.#replay.duration_ms;
    this.#show();
  }

  #press() {
    const isAtEnd = this.#replay.at_ms >= this.#replay.duration_ms;
    if (this.#isCalm.matches) return this.#seek(isAtEnd ? 1 : this.#position + 1);
    if (this.#isPlaying) return this.#stop();
    if (isAtEnd) this.#replay.at_ms = 0;
    this.#paintedAt = performance.now();
    this.#frame = requestAnimationFrame((now) => this.#play(now));
    this.#show();
  }

  #play(now) {
    const passed_ms = Math.min(Math.max(now - this.#paintedAt, 0), LONGEST_FRAME_MS);
    this.#paintedAt = now;
    this.#replay.at_ms += passed_ms * Number(this.#part("speed").value);
    if (this.#replay.at_ms >= this.#replay.duration_ms) return this.#stop();
    this.#frame = requestAnimationFrame((next) => this.#play(next));
    this.#show();
  }

  #stop() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#show();
  }

  /** Shows a position, as the range has it. */
  #seek(position) {
    const kept = Math.min(Math.max(position, 0), this.#most);
    this.#replay.at_ms = this.#isCalm.matches ? (this.#replay.ends_ms[kept - 1] ?? -1) : kept;
    this.#stop();
  }

  #onKey(event) {
    if (event.target === this.#part("speed") || event.altKey || event.ctrlKey || event.metaKey) return;
    const step = this.#isCalm.matches ? 1 : Math.max(this.#most / STEPS, LEAST_STEP_MS);
    const leap = this.#isCalm.matches ? 1 : this.#most / LEAPS;
    const [at, seek] = [this.#position, (position) => () => this.#seek(position)];
    const act = {
      ArrowRight: seek(at + step), ArrowUp: seek(at + step), ArrowLeft: seek(at - step), ArrowDown: seek(at - step),
      PageUp: seek(at + leap), PageDown: seek(at - leap), Home: seek(0), End: seek(this.#most),
      ...(event.target === this.#range && { " ": () => this.#press() }), // a button does that by itself
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  #show() {
    const button = this.#part("play");
    const state = this.#isCalm.matches ? "step" : this.#isPlaying ? "pause" : "play";
    if (button.dataset.state !== state) {
      button.dataset.state = state;
      button.setAttribute("aria-label", message(`replay_${state}`));
    }
    this.#range.value = this.#position;
    const [at, all] = [this.#position, this.#most].map((value) => this.#numeral(value));
    const name = this.#isCalm.matches ? "replay_strokes" : "replay_short";
    this.#part("time-shown").textContent = message(name, { at, all });
    if (this.#isPlaying) return; // or a screen reader would read out every frame
    const spoken = this.#isCalm.matches ? "replay_strokes" : "replay_seconds";
    this.#range.setAttribute("aria-valuetext", message(spoken, { at, all }));
  }

  #numeral(value) {
    const places = this.#isCalm.matches ? 0 : 1;
    const style = { minimumFractionDigits: places, maximumFractionDigits: places };
    return new Intl.NumberFormat(document.documentElement.lang, style).format(places ? value / 1000 : value);
  }

  #part(name) {
    return this.#root.querySelector(`[data-${name}]`);
  }
}
