/**
 * Scales and centers a digit as ml/preprocessing/normalization.py does, with Pillow's resampling. An image is the `ink`
 * of `width` x `height` pixels, row by row, from 0 to 1.
 */

const SIDE = 28; // px of the network's input
const BOX_SIDE = 20; // px of the box that the digit is fitted into
const WORKING_SIDE = 100; // px; strokes are measured and thickened at this size
const MIN_STROKE = 7; // px at WORKING_SIDE
const MIN_INK = 0.1;
const LARGEST = WORKING_SIDE + 2 * Math.ceil(MIN_STROKE / 2); // px of a side, once it is thickened

export class Normalizer {
  /** The network's input that was made last: `side` x `side` multiples of 1/255 from 0 to 1. */
  side = SIDE;
  pixels = new Float64Array(SIDE * SIDE);

  #drawn = new Float32Array(LARGEST * LARGEST);
  #thick = new Float32Array(LARGEST * LARGEST);
  #between = new Float32Array(LARGEST * LARGEST); // after the first of two directions
  #weights = new Float64Array(0); // of the pixels that one resized pixel is made of

  /** Normalizes an image; returns whether there is ink. */
  normalize(image) {
    const box = inkBox(image);
    if (!box) return false;
    const thick = this.#thicken(this.#fit(image, box, WORKING_SIDE));
    this.#center(this.#fit(thick, inkBox(thick), BOX_SIDE));
    return true;
  }

  /** Resizes a box of the image so that its longer side is `side`; the darkest ink becomes 1. */
  #fit({ ink, width: stride }, { left, top, right, bottom }, side) {
    const [wide, tall, drawn] = [right - left, bottom - top, this.#drawn];
    const scale = side / Math.max(wide, tall);
    const [width, height] = [wide, tall].map((length) => Math.max(1, roundHalfEven(length * scale)));
    if (this.#between.length < width * tall) this.#between = new Float32Array(width * tall);
    const rows = { values: ink, start: top * stride + left, next: 1, nextLine: stride, length: wide, lines: tall };
    this.#resize(rows, { values: this.#between, next: 1, nextLine: width, size: width });
    const columns = { values: this.#between, start: 0, next: width, nextLine: 1, length: tall, lines: width };
    this.#resize(columns, { values: drawn, next: width, nextLine: 1, size: height });
    let most = MIN_INK;
    for (let i = 0; i < width * height; i++) most = Math.max(most, drawn[i]);
    for (let i = 0; i < width * height; i++) drawn[i] /= most;
    return { ink: drawn, width, height };
  }

  /** Resizes lines of `length` values to `size`: smaller by a box filter, larger linearly, as Pillow does. */
  #resize({ values, start, next, nextLine, length, lines }, to) {
    const scale = length / to.size;
    const support = scale > 1 ? scale / 2 : 1;
    if (this.#weights.length < 2 * support + 3) this.#weights = new Float64Array(2 * Math.ceil(support) + 3);
    const weights = this.#weights;
    for (let place = 0; place < to.size; place++) {
      const center = (place + 0.5) * scale;
      const first = Math.max(Math.trunc(center - support + 0.5), 0);
      const count = Math.min(Math.trunc(center + support + 0.5), length) - first;
      let total = 0;
      for (let i = 0; i < count; i++) {
        const off = (first + i - center + 0.5) / Math.max(scale, 1);
        weights[i] = scale > 1 ? Number(off > -0.5 && off <= 0.5) : Math.max(1 - Math.abs(off), 0);
        total += weights[i];
      }
      for (let line = 0; line < lines; line++) {
        let [sum, at] = [0, start + line * nextLine + first * next];
        for (let i = 0; i < count; i++, at += next) sum += values[at] * (weights[i] / total);
        to.values[line * to.nextLine + place * to.next] = sum;
      }
    }
  }

  /** Thickens strokes that are too thin to be seen at the network's size; returns others unchanged. */
  #thicken(image) {
    const growth = roundHalfEven((MIN_STROKE - strokeWidth(image)) / 2);
    if (growth < 1) return image;
    const { ink, width, height } = image;
    const [wide, tall, between, thick] = [width + 2 * growth, height + 2 * growth, this.#between, this.#thick];
    for (let i = 0; i < width * height; i++) ink[i] = Math.trunc(Math.fround(ink[i] * 255)) / 255; // as bytes hold it
    for (let y = 0; y < height; y++) {
      spread({ values: ink, start: y * width, next: 1, length: width }, { values: between, start: y * wide }, growth);
    }
    for (let x = 0; x < wide; x++) {
      spread({ values: between, start: x, next: wide, length: height }, { values: thick, start: x }, growth);
    }
    return { ink: thick, width: wide, height: tall };
  }

  /** Places a digit with its center of mass in the middle of the input, but never over the edge. */
  #center({ ink, width, height }) {
    let [mass, across, down] = [0, 0, 0];
    for (let y = 0, i = 0; y < height; y++) {
      for (let x = 0; x < width; x++, i++) {
        mass += ink[i];
        across += ink[i] * (x + 0.5);
        down += ink[i] * (y + 0.5);
      }
    }
    const top = Math.min(Math.max(roundHalfEven(SIDE / 2 - down / mass), 0), SIDE - height);
    const left = Math.min(Math.max(roundHalfEven(SIDE / 2 - across / mass), 0), SIDE - width);
    this.pixels.fill(0);
    for (let y = 0, i = 0; y < height; y++) {
      for (let x = 0; x < width; x++, i++) this.pixels[(top + y) * SIDE + left + x] = roundHalfEven(ink[i] * 255) / 255;
    }
  }
}

/** The smallest box around the ink: left, top, right, bottom, of which the last two are exclusive; null without ink. */
function inkBox({ ink, width, height }) {
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (!(ink[i] > MIN_INK)) continue;
      left = Math.min(left, x);
      top = Math.min(top, y);
      right = Math.max(right, x + 1);
      bottom = y + 1;
    }
  }
  return right ? { left, top, right, bottom } : null;
}

/** The mean width of strokes: twice the area of the ink over its outline. */
function strokeWidth({ ink, width, height }) {
  const isInked = (x, y) => x >= 0 && y >= 0 && x < width && y < height && ink[y * width + x] > 0.25;
  let [area, outline] = [0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!isInked(x, y)) continue;
      area++;
      outline += !isInked(x - 1, y) + !isInked(x + 1, y) + !isInked(x, y - 1) + !isInked(x, y + 1);
    }
  }
  return (2 * area) / Math.max((outline * Math.PI) / 4, 1);
}

/** Writes the maximum within `reach` of each place of a line of `length` values, which grows so far at both ends. */
function spread({ values, start, next, length }, to, reach) {
  for (let place = 0; place < length + 2 * reach; place++) {
    let most = 0;
    const last = Math.min(place, length - 1);
    for (let i = Math.max(place - 2 * reach, 0); i <= last; i++) most = Math.max(most, values[start + i * next]);
    to.values[to.start + place * next] = most;
  }
}

/** Rounds as Python does: halves to the even number. */
function roundHalfEven(value) {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 ? below + 1 : below;
}
