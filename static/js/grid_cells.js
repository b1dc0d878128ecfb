/** The cells of the grid, and the strokes that they stand for. */

export const CELL = 20; // units: as wide as the pen, so that neighbors join

/** The strokes of filled cells, [column, row]: lines along runs of neighbors, and a dot for a cell without any. */
export function strokesOf(cells) {
  const filled = new Set(cells.map(String));
  const has = (column, row) => filled.has(`${column},${row}`);
  const strokes = [];
  for (const [column, row] of cells) {
    for (const [dx, dy] of [[1, 0], [0, 1]]) {
      if (has(column + dx, row + dy) && !has(column - dx, row - dy)) strokes.push(run(has, column, row, dx, dy));
    }
    for (const dx of [1, -1]) { // unless they are joined around the corner
      const isJoined = has(column + dx, row) || has(column, row + 1);
      const next = [column + dx, row + 1];
      if (has(...next) && !isJoined) strokes.push([centerOf([column, row]), centerOf(next)]);
    }
    if (isAlone(has, column, row)) strokes.push([centerOf([column, row])]);
  }
  return strokes;
}

/** The line from a cell to the last of its neighbors in one direction. */
function run(has, column, row, dx, dy) {
  const points = [];
  for (let [x, y] = [column, row]; has(x, y); [x, y] = [x + dx, y + dy]) points.push(centerOf([x, y]));
  return points;
}

function isAlone(has, column, row) {
  const around = [-1, 0, 1];
  return !around.some((dx) => around.some((dy) => (dx || dy) && has(column + dx, row + dy)));
}

/** The middle of a cell, [column, row], as a point. */
export function centerOf([column, row]) {
  return [(column + 0.5) * CELL, (row + 0.5) * CELL];
}
