/** What stands in a reading, symbol by symbol. */

const IS_DIGIT = /^\d$/;

/**
 * The symbols of `text`, a reading of `result` as the API returns it: each with its `symbol` and, as far as they are
 * known, its `box`, `confidence` and `digit`, which has ten probabilities.
 */
export function symbolsOf(text, { symbols, digits }) {
  const isAll = symbols.length > 0 && symbols.map(({ symbol }) => symbol).join("") === text;
  const found = isAll ? symbols : [...text].map((symbol) => ({ symbol }));
  const numerals = found.filter(({ symbol }) => IS_DIGIT.test(symbol));
  if (numerals.length !== digits.length) return found.map((one) => ({ ...one, digit: null }));
  const rest = [...digits];
  return found.map((one) => {
    const digit = IS_DIGIT.test(one.symbol) ? rest.shift() : null;
    return { ...one, digit, box: one.box ?? digit?.box, confidence: one.confidence ?? digit?.confidence };
  });
}

/** The digits of ten `probabilities`, likeliest first, each with its `share`. */
export function ranked({ probabilities }) {
  return probabilities.map((share, digit) => ({ digit, share })).sort((a, b) => b.share - a.share);
}
