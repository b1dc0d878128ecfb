/** The cells of a page of a sheet: which one is shown, which one is next, and what is said about them. */

export class Cells {
  current = null;
  #cells;
  #byId;
  #skipped = new Set();

  /** cells: in the order of the table, as the page holds them. */
  constructor(cells) {
    this.#cells = cells;
    this.#byId = new Map(cells.map((cell) => [cell.id, cell]));
  }

  /** The cell with this id, or undefined if it is on another page. */
  get(id) {
    return this.#byId.get(Number(id));
  }

  /** Shows this cell. */
  show(cell) {
    this.current = cell ?? null;
  }

  /** Passes over the current cell until the others are done. */
  skip() {
    if (this.current) this.#skipped.add(this.current.id);
  }

  /** The next cell to be looked at, in the order of the table; those that were skipped come last. Null if none is left. */
  nextDoubtful() {
    const at = this.current ? this.#cells.indexOf(this.current) : -1;
    const left = [...this.#cells.slice(at + 1), ...this.#cells.slice(0, at + 1)].filter((cell) => isLeft(cell));
    return left.find((cell) => !this.#skipped.has(cell.id)) ?? left.find((cell) => cell !== this.current) ?? null;
  }

  /** Whether all that is left was skipped. */
  get areAllSkipped() {
    const left = this.#cells.filter(isLeft);
    return left.length > 0 && left.every((cell) => this.#skipped.has(cell.id));
  }

  /** The cell beside the current one: `rows` down and `columns` to the right; null at the edge of the table. */
  beside(rows, columns) {
    const from = this.current;
    if (!from) return null;
    const isAhead = (cell) =>
      rows
        ? cell.column === from.column && Math.sign(cell.row - from.row) === rows
        : cell.row === from.row && Math.sign(cell.column - from.column) === columns;
    const steps = (cell) => Math.abs(rows ? cell.row - from.row : cell.column - from.column);
    const ahead = this.#cells.filter(isAhead);
    return ahead.reduce((best, cell) => (best && steps(best) <= steps(cell) ? best : cell), null);
  }

  /** The cell whose box on the picture holds this point. */
  at(x, y) {
    return this.#cells.find(({ box: [left, top, width, height] }) => x >= left && x < left + width && y >= top && y < top + height);
  }
}

/** Whether a person should still look at this cell. */
export const isLeft = (cell) => cell.is_doubtful && !cell.is_confirmed;
