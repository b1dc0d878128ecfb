/**
 * Runs the digit network from the file of ml/browser_network.py, calibrated as ml/recognition/calibration.py does it.
 * Values are kept row by row, all channels of a place together, with a frame of zeros where a convolution needs one.
 * They are float64 because JavaScript computes in it: to convert float32 takes a fifth longer.
 */

const CLASSES = 10;
const KERNEL = 3;

export class DigitNetwork {
  #layers = [];
  #logits;
  #calibration;

  /** `file`: an ArrayBuffer; `side`: of the input in pixels. Throws if the file is of a network that cannot be run. */
  constructor(file, side) {
    const start = 4 + new DataView(file).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(file, 4, start - 4)));
    const weights = new Weights(new Uint16Array(file, start));
    for (const described of header.layers) {
      const layer = new KINDS[described.kind](described, side, weights);
      this.#layers.push(layer);
      side = layer.side;
    }
    this.#logits = plane(1, CLASSES + 1, 0);
    this.#calibration = header.calibration;
  }

  /**
   * What the network says of an image, row by row from 0 to 1: the `probabilities` of the ten digits if it is one, and
   * how likely it is one, `isDigit`.
   */
  read(pixels) {
    const layers = this.#layers;
    fillPlane(layers[0].input, pixels);
    for (let i = 0; i < layers.length; i++) layers[i].run(layers[i + 1]?.input ?? this.#logits);
    return calibrate(this.#logits.values, this.#calibration);
  }
}

/** Reads float16 weights one array after the other. */
class Weights {
  #halves;
  #at = 0;

  constructor(halves) {
    this.#halves = halves;
  }

  take(count) {
    const taken = new Float64Array(count);
    for (let i = 0; i < count; i++) taken[i] = numberOf(this.#halves[this.#at++]);
    return taken;
  }
}

/** A convolution of 3 x 3 with ReLU. Four filters at two places are computed together: their sums stay in registers. */
class Convolution {
  #weights; // of four filters after another: for each place of the kernel and each channel, all four
  #bias;

  constructor({ inputs, filters, padding }, side, weights) {
    if (filters % 4) throw new Error("A convolution needs a multiple of four filters.");
    this.input = plane(side, inputs, padding);
    this.side = side + 2 * padding - KERNEL + 1;
    const taps = KERNEL * KERNEL * inputs;
    const given = weights.take(taps * filters);
    this.#weights = given.map((_, i) => {
      const [tap, filter] = [Math.floor(i / 4) % taps, 4 * Math.floor(i / (4 * taps)) + (i % 4)];
      return given[tap * filters + filter];
    });
    this.#bias = weights.take(filters);
  }

  run(to) {
    const stride = to.stride * to.depth;
    for (let filter = 0; filter < to.depth; filter += 4) {
      for (let y = 0; y < this.side; y++) {
        const start = to.start + y * stride + filter;
        for (let x = 0; x < this.side; x += 2) {
          const from = Math.min(x, this.side - 2); // the last two may have been computed already
          this.#runTwo(filter, y, from, to.values, start + from * to.depth, to.depth);
        }
      }
    }
  }

  #runTwo(filter, y, x, values, at, next) {
    const { values: input, stride, depth } = this.input;
    const [weights, bias] = [this.#weights, this.#bias];
    let a0 = bias[filter], a1 = bias[filter + 1], a2 = bias[filter + 2], a3 = bias[filter + 3];
    let b0 = a0, b1 = a1, b2 = a2, b3 = a3;
    let w = filter * KERNEL * KERNEL * depth;
    for (let row = y; row < y + KERNEL; row++) {
      let i = (row * stride + x) * depth;
      for (const end = i + KERNEL * depth; i < end; i++, w += 4) {
        const w0 = weights[w], w1 = weights[w + 1], w2 = weights[w + 2], w3 = weights[w + 3];
        const a = input[i], b = input[i + depth];
        a0 += a * w0;
        a1 += a * w1;
        a2 += a * w2;
        a3 += a * w3;
        b0 += b * w0;
        b1 += b * w1;
        b2 += b * w2;
        b3 += b * w3;
      }
    }
    values[at] = Math.max(a0, 0);
    values[at + 1] = Math.max(a1, 0);
    values[at + 2] = Math.max(a2, 0);
    values[at + 3] = Math.max(a3, 0);
    values[at + next] = Math.max(b0, 0);
    values[at + next + 1] = Math.max(b1, 0);
    values[at + next + 2] = Math.max(b2, 0);
    values[at + next + 3] = Math.max(b3, 0);
  }
}

/** The maximum of each 2 x 2 places. */
class Pooling {
  constructor({ depth }, side) {
    this.input = plane(side, depth, 0);
    this.side = side >> 1;
  }

  run(to) {
    const { values, stride, depth } = this.input;
    const line = stride * depth;
    for (let y = 0; y < this.side; y++) {
      for (let x = 0; x < this.side; x++) {
        let at = to.start + (y * to.stride + x) * depth;
        let i = 2 * (y * stride + x) * depth;
        for (const end = i + depth; i < end; i++, at++) {
          to.values[at] = Math.max(values[i], values[i + depth], values[i + line], values[i + line + depth]);
        }
      }
    }
  }
}

/** The weighted sum over all places of each channel. */
class Places {
  #weights;
  #bias;

  constructor({ filters }, side, weights) {
    this.input = plane(side, filters, 0);
    this.side = 1;
    this.#weights = weights.take(side * side * filters);
    this.#bias = weights.take(filters);
  }

  run(to) {
    const { values, depth } = this.input;
    to.values.set(this.#bias);
    for (let i = 0; i < values.length; i++) to.values[i % depth] += values[i] * this.#weights[i];
  }
}

class Dense {
  #weights;
  #bias;

  constructor({ inputs, outputs }, side, weights) {
    this.input = plane(1, inputs, 0);
    this.side = 1;
    this.#weights = weights.take(inputs * outputs);
    this.#bias = weights.take(outputs);
  }

  run(to) {
    const { values } = this.input;
    to.values.set(this.#bias);
    for (let i = 0, w = 0; i < values.length; i++) {
      for (let output = 0; output < to.depth; output++, w++) to.values[output] += values[i] * this.#weights[w];
    }
  }
}

const KINDS = { convolution: Convolution, pooling: Pooling, places: Places, dense: Dense };

/** `depth` values for each of `side` x `side` places, in a frame of `pad` places. */
function plane(side, depth, pad) {
  const stride = side + 2 * pad;
  return { values: new Float64Array(stride * stride * depth), side, depth, stride, start: pad * (stride + 1) * depth };
}

function fillPlane({ values, side, stride, start }, pixels) {
  for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) values[start + y * stride + x] = pixels[y * side + x];
}

function calibrate(logits, { temperature, slope, offset }) {
  const ten = Array.from(logits.subarray(0, CLASSES));
  const most = Math.max(...ten);
  const shares = ten.map((logit) => Math.exp((logit - most) / temperature));
  const total = shares.reduce((sum, share) => sum + share);
  const margin = most + Math.log(ten.reduce((sum, logit) => sum + Math.exp(logit - most), 0)) - logits[CLASSES];
  const isDigit = 1 / (1 + Math.exp(-(slope * margin + offset)));
  return { probabilities: shares.map((share) => share / total), isDigit };
}

const POWERS = Float64Array.from({ length: 31 }, (_, exponent) => 2 ** (Math.max(exponent, 1) - 25));

/** The number that 16 bits of a float stand for; none of the weights is infinite. */
function numberOf(half) {
  const exponent = (half >> 10) & 31;
  const value = ((half & 1023) + (exponent ? 1024 : 0)) * POWERS[exponent];
  return half & 0x8000 ? -value : value;
}
