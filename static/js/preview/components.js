/**
 * Finds the ink of a single digit in what was drawn, as ml/recognition/text_line.py does: without dust, in cells of a
 * size that suits it. What cannot be a single digit, such as ink side by side, is refused.
 */

const MIN_INK = 0.1;
const MAX_ROWS = 72; // cells to the height of the ink, at most ...
const MIN_DIGIT_ROWS = 40; // ... and to a digit, at least
const THIN_PEN = 0.6; // ink level: a pen that fills its cells no darker than this is thinner than a cell
const MIN_DOT = 0.3; // of the pen's width squared: a smaller component is dust
const MIN_HEIGHT_PENS = 3.5; // a digit is at least this many pen widths high
const MOST_COMPONENTS = 3;
const WIDEST = 1.3; // of its height: wider ink is most likely a number
const LEAST_OVERLAP = 0.5; // of the narrower one's width: components that share less stand next to each other
const BROKEN = 0.16; // of the height: components with a larger gap between them are not of one digit

export class Components {
  /** The ink that was found last: its levels from 0 to 1 in `width` x `height` cells, row by row. */
  image = { ink: new Float32Array(0), width: 0, height: 0 };

  #darkest = new Float32Array(0); // pixel of each cell
  #sorted = new Float32Array(0);
  #labels = new Int32Array(0); // 0 is paper, -1 ink that has no number yet; components count from 1
  #stack = new Int32Array(0);
  #areas = []; // of the components, in cells
  #boxes = []; // of those that are no dust: left, top, right, bottom (both exclusive), number

  /** Finds a single digit in `pixels`: `levels` from 0 to 255, `width` and `height`. Returns whether there is one. */
  find(pixels) {
    let step = Math.max(1, Math.ceil(inkedRows(pixels) / MAX_ROWS));
    let digitRows = this.#look(pixels, step);
    while (step > 1 && digitRows && digitRows < MIN_DIGIT_ROWS) {
      step = Math.max(1, Math.trunc((step * digitRows) / MIN_DIGIT_ROWS));
      digitRows = this.#look(pixels, step);
    }
    if (digitRows) this.#clearPaper();
    return digitRows > 0;
  }

  /** Finds the components in cells of `step` x `step` pixels. Returns the height of their digit in cells, or 0. */
  #look(pixels, step) {
    this.#reduce(pixels, step);
    const full = this.#upperQuartile();
    if (full < THIN_PEN) this.image.ink.set(this.#darkest);
    const pen = this.#label(full < THIN_PEN ? MIN_INK : full / 2);
    this.#boxes = this.#boxes.filter(({ number }) => this.#areas[number] >= MIN_DOT * pen * pen);
    return isOneDigit(this.#boxes) ? digitHeight(this.#boxes, pen) : 0;
  }

  /** Finds the mean level of each cell, and the greatest. */
  #reduce({ levels, width: pixelsWide, height: pixelsHigh }, step) {
    const [width, height] = [Math.ceil(pixelsWide / step), Math.ceil(pixelsHigh / step)];
    this.#grow(width * height);
    const [ink, darkest] = [this.image.ink, this.#darkest];
    this.image = { ink, width, height };
    for (let top = 0, cell = 0; top < pixelsHigh; top += step) {
      const bottom = Math.min(top + step, pixelsHigh);
      for (let left = 0; left < pixelsWide; left += step, cell++) {
        const right = Math.min(left + step, pixelsWide);
        let [sum, most] = [0, 0];
        for (let y = top; y < bottom; y++) {
          for (let i = y * pixelsWide + left; i < y * pixelsWide + right; i++) {
            sum += levels[i];
            most = Math.max(most, levels[i]);
          }
        }
        ink[cell] = sum / (255 * (bottom - top) * (right - left));
        darkest[cell] = most / 255;
      }
    }
  }

  #grow(size) {
    if (this.#labels.length >= size) return;
    this.image.ink = new Float32Array(size);
    [this.#darkest, this.#sorted] = [new Float32Array(size), new Float32Array(size)];
    [this.#labels, this.#stack] = [new Int32Array(size), new Int32Array(size)];
  }

  /** The level that three quarters of the ink are below. */
  #upperQuartile() {
    const { ink, width, height } = this.image;
    let count = 0;
    for (let i = 0; i < width * height; i++) if (ink[i] > MIN_INK / 2) this.#sorted[count++] = ink[i];
    if (!count) return 0;
    const sorted = this.#sorted.subarray(0, count).sort();
    const place = 0.75 * (count - 1);
    const below = sorted[Math.floor(place)];
    return below + (place % 1) * (sorted[Math.ceil(place)] - below);
  }

  /** Numbers the components of ink above a level, those that touch at corners as one; returns the width of the pen. */
  #label(least) {
    const { ink, width, height } = this.image;
    const [labels, size] = [this.#labels, width * height];
    this.#areas = [0];
    this.#boxes = [];
    for (let i = 0; i < size; i++) labels[i] = ink[i] > least ? -1 : 0;
    const pen = this.#penWidth();
    for (let i = 0; i < size; i++) if (labels[i] < 0) this.#flood(i);
    return pen;
  }

  /** Gives all ink that is connected with a cell the next number. */
  #flood(first) {
    const { width, height } = this.image;
    const [labels, stack] = [this.#labels, this.#stack];
    const number = this.#areas.length;
    let [left, top, right, bottom, area, depth] = [width, height, 0, 0, 0, 0];
    labels[first] = number;
    stack[depth++] = first;
    while (depth) {
      const at = stack[--depth];
      const x = at % width;
      const y = (at - x) / width;
      area++;
      left = Math.min(left, x);
      top = Math.min(top, y);
      right = Math.max(right, x + 1);
      bottom = Math.max(bottom, y + 1);
      for (let v = Math.max(y - 1, 0); v <= Math.min(y + 1, height - 1); v++) {
        for (let u = Math.max(x - 1, 0); u <= Math.min(x + 1, width - 1); u++) {
          if (labels[v * width + u] >= 0) continue;
          labels[v * width + u] = number;
          stack[depth++] = v * width + u;
        }
      }
    }
    this.#areas.push(area);
    this.#boxes.push({ left, top, right, bottom, number });
  }

  /** Twice the area of the ink over its outline, in cells. */
  #penWidth() {
    const { width, height } = this.image;
    const labels = this.#labels;
    let [area, outline] = [0, 0];
    for (let y = 0, i = 0; y < height; y++) {
      for (let x = 0; x < width; x++, i++) {
        if (!labels[i]) continue;
        area++;
        outline += (x === 0 || !labels[i - 1]) + (x === width - 1 || !labels[i + 1]);
        outline += (y === 0 || !labels[i - width]) + (y === height - 1 || !labels[i + width]);
      }
    }
    return Math.max((2 * area) / Math.max((outline * Math.PI) / 4, 1), 1);
  }

  /** Clears the cells that neither belong to a component nor touch one. */
  #clearPaper() {
    const { ink, width, height } = this.image;
    const labels = this.#labels;
    const isKept = new Uint8Array(this.#areas.length);
    for (const { number } of this.#boxes) isKept[number] = 1;
    for (let y = 0, i = 0; y < height; y++) {
      for (let x = 0; x < width; x++, i++) {
        let isNear = 0;
        for (let v = Math.max(y - 1, 0); v <= Math.min(y + 1, height - 1); v++) {
          for (let u = Math.max(x - 1, 0); u <= Math.min(x + 1, width - 1); u++) {
            isNear |= isKept[labels[v * width + u]];
          }
        }
        if (!isNear) ink[i] = 0;
      }
    }
  }
}

/** The number of rows from the first to the last with ink. */
function inkedRows({ levels, width, height }) {
  const isInked = (level) => level > MIN_INK * 255;
  const last = levels.subarray(0, width * height).findLastIndex(isInked);
  return last < 0 ? 0 : Math.floor(last / width) - Math.floor(levels.findIndex(isInked) / width) + 1;
}

/** Whether components can be one digit: not too wide, each in the columns of the others, none far above or below. */
function isOneDigit(boxes) {
  if (!boxes.length || boxes.length > MOST_COMPONENTS) return false;
  const whole = around(boxes);
  const tall = whole.bottom - whole.top;
  if (whole.right - whole.left > WIDEST * tall) return false;
  return boxes.every((box) => {
    const others = boxes.filter((one) => one !== box);
    if (!others.length) return true;
    const rest = around(others);
    const shared = Math.min(box.right, rest.right) - Math.max(box.left, rest.left);
    const narrower = Math.min(box.right - box.left, rest.right - rest.left);
    const gap = Math.max(box.top, rest.top) - Math.min(box.bottom, rest.bottom);
    return shared >= LEAST_OVERLAP * narrower && gap < BROKEN * tall;
  });
}

/** The height of the digit that components form, in cells. */
function digitHeight(boxes, pen) {
  const heights = boxes.map((box) => box.bottom - box.top).sort((a, b) => a - b);
  const tall = heights.filter((height) => height >= 0.5 * heights.at(-1));
  const whole = around(boxes);
  const median = (tall[(tall.length - 1) >> 1] + tall[tall.length >> 1]) / 2;
  return Math.max(boxes.length < 3 ? whole.bottom - whole.top : median, MIN_HEIGHT_PENS * pen);
}

function around(boxes) {
  const edge = (name, extreme) => extreme(...boxes.map((box) => box[name]));
  const [left, top] = [edge("left", Math.min), edge("top", Math.min)];
  return { left, top, right: edge("right", Math.max), bottom: edge("bottom", Math.max) };
}
