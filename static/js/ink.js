/** What is drawn, with undo and redo: strokes of a pointer and cells of the grid. Independent of the page. */

import { strokesOf } from "inkling/grid_cells";

const DEEPEST = 200; // steps that can be undone

export class Ink {
  #now;
  #past = [];
  #future = [];
  #listeners = [];

  /** `saved`: an earlier drawing to continue. */
  constructor(saved = null) {
    this.#now = { strokes: saved?.strokes ?? [], cells: saved?.cells ?? [], id: saved?.canvas ?? newId() };
  }

  /** Calls `listener()` after every change. */
  subscribe(listener) {
    this.#listeners.push(listener);
  }

  /** The strokes of pointers. */
  get strokes() {
    return this.#now.strokes;
  }

  /** The filled cells of the grid, [column, row]. */
  get cells() {
    return this.#now.cells;
  }

  /** All strokes to be read, those that the cells stand for included. */
  get allStrokes() {
    return [...this.#now.strokes, ...strokesOf(this.#now.cells)];
  }

  /** The present state: the same object as long as nothing changes, and again after undo and redo. */
  get state() {
    return this.#now;
  }

  /** A UUID for what is drawn from one clear to the next. */
  get id() {
    return this.#now.id;
  }

  get isBlank() {
    return this.#now.strokes.length === 0 && this.#now.cells.length === 0;
  }

  get canUndo() {
    return this.#past.length > 0 || !this.isBlank;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  addStroke(stroke) {
    this.#become({ strokes: [...this.strokes, stroke] });
  }

  /** Removes whole strokes and cells: those of which `isGone` is true. */
  erase(isGone) {
    const kept = (each) => each.filter((one) => !isGone(one));
    const [strokes, cells] = [kept(this.strokes), kept(this.cells)];
    if (strokes.length + cells.length < this.strokes.length + this.cells.length) this.#become({ strokes, cells });
  }

  /** Fills a cell of the grid, or empties it. */
  setCell([column, row], isFilled) {
    const others = this.cells.filter(([x, y]) => x !== column || y !== row);
    if ((others.length < this.cells.length) === isFilled) return;
    this.#become({ cells: isFilled ? [...others, [column, row]] : others });
  }

  /** Clears the paper for a new drawing; undo brings the old one back. */
  clear() {
    if (!this.isBlank) this.#become({ strokes: [], cells: [], id: newId() });
  }

  /** Takes the last change back; after a reload, which forgets the changes, the last stroke. */
  undo() {
    if (!this.canUndo) return;
    this.#future.push(this.#now);
    this.#now = this.#past.pop() ?? this.#withoutLast();
    this.#tell();
  }

  redo() {
    if (!this.canRedo) return;
    this.#past.push(this.#now);
    this.#now = this.#future.pop();
    this.#tell();
  }

  /** Keeps the drawing under a new id. */
  renewId() {
    this.#now = { ...this.#now, id: newId() };
  }

  #become(changed) {
    this.#past.push(this.#now);
    if (this.#past.length > DEEPEST) this.#past.shift();
    this.#future = [];
    this.#now = { ...this.#now, ...changed };
    this.#tell();
  }

  #tell() {
    for (const listener of this.#listeners) listener();
  }

  #withoutLast() {
    const { strokes, cells, id } = this.#now;
    return strokes.length ? { strokes: strokes.slice(0, -1), cells, id } : { strokes, cells: cells.slice(0, -1), id };
  }
}

/** A random UUID. crypto.randomUUID() is missing over plain http, for example on a phone in a home network. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40; // version 4
  bytes[8] = (bytes[8] & 0x3f) | 0x80; // its variant
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
