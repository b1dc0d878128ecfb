/** Reads the drawing of a single digit: from strokes to the digit and the chance that it is right. */

const LEAST_CHANCE = 0.95; // a less likely digit is not shown
const LEAST_HEIGHT = 0.25; // of the paper's height: smaller ink may be a sign, such as a comma or a degree sign
const ONE = 1; // the digit that slashes and brackets are taken for
const WARM_UPS = 4; // runs until the browser has compiled the code

export class PreviewReader {
  #parts;
  #network;
  #isSlantedBar;

  /** `modules`: what the other modules of this folder export. `file`: of the network, an ArrayBuffer. */
  constructor({ Pen, Components, Normalizer, DigitNetwork, isSlantedBar }, file) {
    this.#parts = { pen: new Pen(), components: new Components(), normalizer: new Normalizer() };
    this.#network = new DigitNetwork(file, this.#parts.normalizer.side);
    this.#isSlantedBar = isSlantedBar;
  }

  /** Reads a zero a few times, which takes longer than reading does from then on. */
  warmUp() {
    const ring = Float64Array.from({ length: 80 }, (_, i) => 140 + 80 * (i % 2 ? Math.sin : Math.cos)((i >> 1) / 6));
    for (let i = 0; i < WARM_UPS; i++) this.read({ points: ring, counts: Int32Array.of(40), penPx: 20 });
  }

  /**
   * The digit and its chance, {digit, chance}; null if this may be something else, or if it is unsure. `points` are x
   * and y in turn, of which each stroke has as many as `counts` says, in units of which the paper, if that is known, is
   * `paperHeight` high.
   */
  read(drawing) {
    const seen = this.look(drawing);
    if (!seen || seen.chance <= LEAST_CHANCE) return null;
    const isSign = seen.digit === ONE && this.#isSlantedBar(this.#parts.components.image);
    return isSign ? null : { digit: seen.digit, chance: seen.chance };
  }

  /** What the network says of a drawing, however unsure; null if its ink cannot be a single digit. */
  look({ points, counts, penPx, paperHeight = 0 }) {
    const { pen, components, normalizer } = this.#parts;
    if (!pen.draw(points, counts, penPx) || pen.height < LEAST_HEIGHT * paperHeight * pen.scale) return null;
    if (!components.find(pen) || !normalizer.normalize(components.image)) return null;
    const { probabilities, isDigit } = this.#network.read(normalizer.pixels);
    const most = Math.max(...probabilities);
    const digit = probabilities.indexOf(most);
    return { digit, chance: most * isDigit, probabilities, isDigit, pixels: normalizer.pixels };
  }
}
