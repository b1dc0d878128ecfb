/** A grid over the paper, for people who do not draw with a pointer: arrow keys move, the space bar fills a cell. */

import { SIDE } from "inkling/canvas";
import { CELL } from "inkling/grid_cells";
import { message } from "inkling/messages";

const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const ROWS = SIDE / CELL;

export class Grid {
  #root;
  #ink;
  #columns = 0;
  #at = [3, 2]; // the cell that has or gets the focus, [column, row]

  /** `root` is an empty element with the role grid, over the paper. */
  constructor(root, ink) {
    this.#root = root;
    this.#ink = ink;
    root.addEventListener("keydown", (event) => this.#press(event));
    root.addEventListener("click", ({ target }) => this.#toggle(this.#placeOf(target.closest("[role=gridcell]"))));
  }

  get isShown() {
    return !this.#root.hidden;
  }

  /** Shows the grid on paper `width` units wide, or hides it. */
  show(isShown, width) {
    this.#root.hidden = !isShown;
    if (isShown) this.fit(width);
  }

  focus() {
    this.#cell(this.#at).focus();
  }

  /** Gives the grid as many columns as the paper is wide, and shows which cells are filled. */
  fit(width) {
    if (!this.isShown) return;
    if (width / CELL !== this.#columns) this.#build(width / CELL);
    const filled = new Set(this.#ink.cells.map(String));
    for (const cell of this.#root.querySelectorAll("[role=gridcell]")) {
      cell.setAttribute("aria-selected", filled.has(String(this.#placeOf(cell))));
    }
  }

  #build(columns) {
    const hadFocus = this.#root.contains(document.activeElement);
    this.#columns = columns;
    this.#at = [Math.min(this.#at[0], columns - 1), this.#at[1]];
    this.#root.style.setProperty("--columns", columns);
    this.#root.replaceChildren(...Array.from({ length: ROWS }, (_, row) => this.#row(row)));
    this.#cell(this.#at).tabIndex = 0;
    if (hadFocus) this.focus();
  }

  #row(row) {
    const element = Object.assign(document.createElement("div"), { role: "row" });
    element.append(
      ...Array.from({ length: this.#columns }, (_, column) => {
        const cell = Object.assign(document.createElement("div"), { role: "gridcell", tabIndex: -1 });
        cell.setAttribute("aria-label", message("cell", { row: row + 1, column: column + 1 }));
        return cell;
      }),
    );
    return element;
  }

  #press(event) {
    const move = MOVES[event.key];
    if (event.altKey || event.ctrlKey || event.metaKey || (!move && event.key !== " ")) return;
    event.preventDefault();
    if (!move) return this.#toggle(this.#at);
    const [column, row] = [this.#at[0] + move[0], this.#at[1] + move[1]];
    if (column < 0 || column >= this.#columns || row < 0 || row >= ROWS) return;
    this.#go([column, row]);
    if (event.shiftKey) this.#ink.setCell(this.#at, true);
  }

  #toggle(place) {
    if (!place) return;
    this.#go(place);
    this.#ink.setCell(place, !this.#ink.cells.some((one) => String(one) === String(place)));
  }

  #go(place) {
    this.#cell(this.#at).tabIndex = -1;
    this.#at = place;
    this.#cell(place).tabIndex = 0;
    this.focus();
  }

  #cell([column, row]) {
    return this.#root.children[row].children[column];
  }

  #placeOf(cell) {
    return cell && [indexIn(cell.parentNode, cell), indexIn(this.#root, cell.parentNode)];
  }
}

function indexIn(parent, child) {
  return Array.prototype.indexOf.call(parent.children, child);
}
