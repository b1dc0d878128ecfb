/**
 * Draws strokes as ml/preprocessing/strokes.py does, pixel for pixel: Pillow's discs and polygons, and the same sizes.
 * The modules of this folder run in a worker, import nothing, and keep their buffers from drawing to drawing.
 */

const MIN_DIGIT_PX = 128; // least size of a digit, and greatest of the ink, whatever the strokes' units ...
const MAX_SIDE_PX = 1024;
const SUPERSAMPLED_PX = 512; // drawings up to this size are drawn at twice the size and averaged
const MIN_PEN = 0.0025; // of the drawing's extent
const THICKEST_PEN = 0.12; // of a digit's extent: small digits drawn with a thick pen are drawn thinner ...
const LEAST_SHRINK = 0.3; // ... but by no more than this factor
const DEFAULT_PEN = 0.1; // of a digit's extent
const PAINT_LIMIT = 1e9; // px: the service thins out points, which is rare; there is no preview then
const POINT_COST = 2e5; // px that could be painted in the time that one point takes
const MAX_ASPECT = 1.4;
const MAX_DIGITS = 32;
const AVERAGED = Uint8Array.of(0, 64, 128, 191, 255); // level of a pixel with so many of its four painted

export class Pen {
  /** The ink that was drawn last: `levels` from 0 to 255 of `width` x `height` pixels, of which `scale` are a unit. */
  levels = new Uint8Array(0);
  width = 0;
  height = 0;
  scale = 1;

  #canvas = new Uint8Array(0);
  #columns = 0; // of the canvas
  #discs = new Map(); // half the width of each row of a disc, by its size
  #corners = new Int32Array(8); // of a segment, x and y in turn

  /**
   * Draws strokes: `points`, x and y in turn, of which each stroke has the number that `counts` says, with a pen
   * `penPx` wide in their units. Returns false if there is nothing to draw or too much.
   */
  draw(points, counts, penPx) {
    if (!points.length) return false;
    const { low, pen, scale, margin, extent, size } = measure(points, penPx);
    const finer = extent * scale <= SUPERSAMPLED_PX ? 2 : 1;
    [this.width, this.height, this.scale] = [...size, scale];
    this.#columns = this.width * finer;
    this.#canvas = zeros(this.#canvas, this.#columns * this.height * finer);
    const [zoom, radius] = [scale * finer, (pen * scale * finer) / 2];
    if (!this.#paintAll(points, counts, { left: low[0] - margin, top: low[1] - margin, zoom, radius })) return false;
    this.#average(finer);
    return true;
  }

  #paintAll(points, counts, { left, top, zoom, radius }) {
    let [cost, at] = [0, 0];
    for (const count of counts) {
      let [x, y] = [(points[at] - left) * zoom, (points[at + 1] - top) * zoom];
      this.#paintDisc(x, y, radius);
      cost += Math.PI * radius * radius + POINT_COST;
      for (const end = at + 2 * count; (at += 2) < end; ) {
        const [nextX, nextY] = [(points[at] - left) * zoom, (points[at + 1] - top) * zoom];
        const length = Math.hypot(nextX - x, nextY - y);
        if (length < 1) continue;
        cost += Math.PI * radius * radius + POINT_COST + 2 * radius * length;
        if (cost > PAINT_LIMIT) return false;
        this.#paintSegment(x, y, nextX, nextY, length, radius);
        this.#paintDisc(nextX, nextY, radius);
        [x, y] = [nextX, nextY];
      }
    }
    return true;
  }

  #paintDisc(x, y, radius) {
    const [left, top] = [Math.trunc(x - radius), Math.trunc(y - radius)];
    const [a, b] = [Math.trunc(x + radius) - left, Math.trunc(y + radius) - top];
    const key = a * 8192 + b;
    let halves = this.#discs.get(key);
    if (!halves) this.#discs.set(key, (halves = discRows(a, b)));
    for (let row = 0; row <= b; row++) {
      const half = halves[Math.abs(2 * row - b) >> 1];
      this.#fill(top + row, left + (a - half) / 2, left + (a + half) / 2);
    }
  }

  #paintSegment(x0, y0, x1, y1, length, radius) {
    const [nx, ny] = [((y0 - y1) / length) * radius, ((x1 - x0) / length) * radius];
    const corners = this.#corners;
    [corners[0], corners[1], corners[2], corners[3]] = [x0 + nx, y0 + ny, x1 + nx, y1 + ny];
    [corners[4], corners[5], corners[6], corners[7]] = [x1 - nx, y1 - ny, x0 - nx, y0 - ny];
    const top = Math.min(corners[1], corners[3], corners[5], corners[7]);
    const bottom = Math.max(corners[1], corners[3], corners[5], corners[7]);
    for (let row = top; row <= bottom; row++) this.#fillAcross(row);
  }

  /** Fills a row of the convex polygon of the corners: between its outermost edges. */
  #fillAcross(row) {
    const corners = this.#corners;
    let [least, most] = [Infinity, -Infinity];
    for (let i = 0; i < 8; i += 2) {
      const [x0, y0, x1, y1] = [corners[i], corners[i + 1], corners[(i + 2) & 7], corners[(i + 3) & 7]];
      if (row < Math.min(y0, y1) || row > Math.max(y0, y1)) continue;
      const slope = y0 === y1 ? 0 : Math.fround((x1 - x0) / (y1 - y0));
      const x = Math.fround((row - y0) * slope + x0);
      least = Math.min(least, x, y0 === y1 ? x1 : x);
      most = Math.max(most, x, y0 === y1 ? x1 : x);
    }
    this.#fill(row, Math.floor(least + 0.5), Math.ceil(most - 0.5));
  }

  #fill(row, from, to) {
    const start = row * this.#columns;
    if (to >= from) this.#canvas.fill(1, start + Math.max(from, 0), start + Math.min(to + 1, this.#columns));
  }

  #average(finer) {
    const [canvas, columns, width] = [this.#canvas, this.#columns, this.width];
    const levels = (this.levels = zeros(this.levels, width * this.height));
    for (let y = 0, i = 0; y < this.height; y++) {
      for (let x = 0, at = y * finer * columns; x < width; x++, at += finer, i++) {
        if (finer === 1) levels[i] = 255 * canvas[at];
        else levels[i] = AVERAGED[canvas[at] + canvas[at + 1] + canvas[at + columns] + canvas[at + columns + 1]];
      }
    }
  }
}

/** The place and size of the ink of strokes: all but `size` in their units, `scale` in pixels a unit. */
function measure(points, penPx) {
  const [low, high] = [[Infinity, Infinity], [-Infinity, -Infinity]];
  for (let i = 0; i < points.length; i++) {
    low[i & 1] = Math.min(low[i & 1], points[i]);
    high[i & 1] = Math.max(high[i & 1], points[i]);
  }
  const [wide, tall] = [high[0] - low[0], high[1] - low[1]];
  const extent = Math.max(wide, tall);
  const digit = Math.min(extent, Math.max(MAX_ASPECT * tall, extent / MAX_DIGITS));
  let pen = Math.max(penPx > 0 ? penPx : digit * DEFAULT_PEN || 1, digit * MIN_PEN);
  if (extent) pen = Math.min(pen, Math.max(THICKEST_PEN * digit, LEAST_SHRINK * pen));
  const scale = Math.min(Math.max(1, MIN_DIGIT_PX / (digit + pen)), MAX_SIDE_PX / (extent + pen));
  const margin = pen / 2 + 1 / scale;
  const size = [wide, tall].map((side) => Math.ceil((side + 2 * margin) * scale));
  return { low, pen, scale, margin, extent, size };
}

/**
 * How far a disc reaches left and right in its rows, from the middle row outwards, in half pixels: Bresenham's walk
 * along a quarter of the ellipse with diameters `a` and `b`.
 */
function discRows(a, b) {
  const halves = new Int32Array((b >> 1) + 1);
  const off = (x, y) => Math.abs(a * a * y * y + b * b * x * x - a * a * b * b);
  for (let x = a, y = b % 2; y <= b; ) {
    halves[y >> 1] = Math.max(halves[y >> 1], x);
    if (x === a % 2 && y === b) break;
    let [nextX, nextY] = [x, y + 2];
    if (x > 1 && off(x - 2, y + 2) < off(nextX, nextY)) [nextX, nextY] = [x - 2, y + 2];
    if (x > 1 && off(x - 2, y) < off(nextX, nextY)) [nextX, nextY] = [x - 2, y];
    [x, y] = [nextX, nextY];
  }
  return halves;
}

/** `size` zeros, in the same buffer if it is large enough. */
function zeros(buffer, size) {
  return buffer.length < size ? new Uint8Array(size) : buffer.fill(0, 0, size);
}
