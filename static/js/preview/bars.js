/** Tells bare bars that may be a slash, a bracket or a comma from ones: alone on paper, only their slope says so. */

const LEAST = 0.25; // ink level
const FLAG = 1.6; // times the median width of the rows: a wider row is of more than a bar
const MOST_LEAN = 0.25; // of its height to the side
const MOST_BOW = 0.04; // of its height away from a straight line

/** Whether the ink of an image is a bare bar that leans or bends. */
export function isSlantedBar({ ink, width, height }) {
  const [middles, widths] = [[], []]; // of the rows with ink
  for (let y = 0; y < height; y++) {
    let [left, right] = [width, -1];
    for (let x = 0; x < width; x++) {
      if (ink[y * width + x] <= LEAST) continue;
      left = Math.min(left, x);
      right = x;
    }
    if (right < 0) continue;
    middles.push((left + right) / 2);
    widths.push(right - left + 1);
  }
  const median = [...widths].sort((a, b) => a - b)[widths.length >> 1];
  if (Math.max(...widths) > FLAG * median) return false;
  const [lean, bow] = fitLine(middles);
  return Math.abs(lean) > MOST_LEAN || bow > MOST_BOW * middles.length;
}

/** The slope of the straight line closest to values at 0, 1, 2 ..., and how far the farthest value is away from it. */
function fitLine(values) {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const spread = values.reduce((sum, _, i) => sum + (i - middle) ** 2, 0);
  const slope = values.reduce((sum, value, i) => sum + (i - middle) * (value - mean), 0) / (spread || 1);
  return [slope, Math.max(...values.map((value, i) => Math.abs(value - mean - slope * (i - middle))))];
}
