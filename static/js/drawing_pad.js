/** The drawing pad: paper, canvas, grid, buttons and keys around one `Ink`, which it keeps over a reload. */

import { DrawingCanvas } from "inkling/canvas";
import { Grid } from "inkling/grid";
import { Ink } from "inkling/ink";
import { message } from "inkling/messages";
import { Paper } from "inkling/paper";
import { loadDrawing, saveDrawing } from "inkling/saved_drawing";
import { claimCanvas } from "inkling/tabs";
import { Tools } from "inkling/tools";

const PENS = { thin: 10, medium: 20, thick: 32 }; // units

export class DrawingPad {
  ink;

  #root;
  #user;
  #canvas;
  #paper;
  #grid;
  #tools;
  #onChange;
  #sent = null; // the state of the ink that was sent last

  /**
   * `root` holds the pad and learns how wide its paper is. `user` owns the drawing that is kept. `onChange()` is called
   * when what would be read has changed, and `onPredict()` when it shall be read.
   */
  constructor(root, { user, onChange, onPredict }) {
    const saved = loadDrawing(user);
    const part = (name) => root.querySelector(`[data-${name}]`);
    this.#root = root;
    this.#user = user;
    this.#onChange = onChange;
    this.ink = new Ink(saved);
    if (saved?.isSent) this.#sent = this.ink.state;
    this.#canvas = new DrawingCanvas(part("canvas"), part("ahead"), this.ink);
    this.#paper = new Paper(root, this.#canvas, this.ink, saved);
    this.#grid = new Grid(part("cells"), this.ink);
    this.#choosePen(PENS[saved?.pen] ? saved.pen : "medium");
    this.#chooseExpected(saved?.expects ?? "");
    this.#tools = new Tools(part("pad"), this.#actions(onPredict));
    this.ink.subscribe(() => this.#changed());
    claimCanvas(this.ink, () => this.renewId());
    part("expects").addEventListener("change", () => this.#changed());
    this.#show();
    this.#tools.enable();
  }

  /** What is drawn and expected, in the API's form. */
  get drawing() {
    const value = this.#expected.value; // nothing for anything
    return { ...this.#canvas.drawing, ...(value && { expects: value.startsWith("{") ? JSON.parse(value) : value }) };
  }

  /** What is drawn, with the stroke that is being drawn. */
  get drawingNow() {
    return this.#canvas.drawingNow;
  }

  /** Whether a stroke has begun and not ended. */
  get isDrawing() {
    return this.#canvas.isDrawing;
  }

  /** Notes that this state of the ink was sent. */
  noteSent(state) {
    this.#sent = state;
    if (loadDrawing(this.#user)) this.#save(); // else it was cleared meanwhile
  }

  /** Keeps the drawing under a new id. */
  renewId() {
    this.ink.renewId();
    this.#save();
  }

  get #expected() {
    return this.#root.querySelector("[data-expects]");
  }

  #actions(predict) {
    return {
      predict,
      undo: () => this.ink.undo(),
      redo: () => this.ink.redo(),
      eraser: () => this.#setErasing(!this.#canvas.isErasing),
      pen: () => this.#changePen(),
      wide: () => this.#changeWidth(),
      grid: () => this.#changeGrid(),
      clear: () => this.#clear(),
    };
  }

  #changed() {
    this.#paper.fit();
    this.#show();
    this.#save();
    this.#onChange();
  }

  #clear() {
    this.#canvas.isErasing = false;
    this.ink.clear();
  }

  #setErasing(isErasing) {
    this.#canvas.isErasing = isErasing;
    this.#show();
  }

  #changePen() {
    const names = Object.keys(PENS);
    this.#choosePen(names[(names.indexOf(this.#pen) + 1) % names.length]);
    this.#changed();
  }

  #choosePen(name) {
    this.#canvas.pen = PENS[name];
    this.#canvas.paint();
  }

  get #pen() {
    return Object.keys(PENS).find((name) => PENS[name] === this.#canvas.pen);
  }

  #chooseExpected(value) {
    this.#expected.value = value;
    if (this.#expected.selectedIndex < 0) this.#expected.value = ""; // a choice that there was in an older version
  }

  #changeWidth() {
    this.#paper.isWide = !this.#paper.isWide;
    this.#changed();
  }

  #changeGrid() {
    this.#grid.show(!this.#grid.isShown, this.#canvas.width);
    if (this.#grid.isShown) this.#grid.focus();
    this.#show();
  }

  /** Shows what the buttons would do. */
  #show() {
    const { canUndo, canRedo, isBlank } = this.ink;
    const { isErasing, width } = this.#canvas;
    this.#grid.fit(width);
    this.#tools.allow({ undo: canUndo, redo: canRedo, clear: !isBlank, eraser: !isBlank || isErasing });
    this.#tools.show({ eraser: isErasing, wide: this.#paper.isWide, grid: this.#grid.isShown });
    this.#root.querySelector("[data-canvas]").toggleAttribute("data-erasing", isErasing);
    const pen = this.#tools.button("pen");
    pen.dataset.size = this.#pen;
    pen.setAttribute("aria-label", (pen.title = message(`pen_${this.#pen}`)));
  }

  #save() {
    const { strokes, cells, id } = this.ink.state;
    const choices = { pen: this.#pen, isWide: this.#paper.isWide, expects: this.#expected.value };
    const isSent = this.ink.state === this.#sent;
    saveDrawing(this.#user, { strokes, cells, canvas: id, isSent, ...choices });
  }
}
