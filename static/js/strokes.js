/** Painting and geometry of strokes: lists of points [x, y, t_ms, pressure], in units of the paper. */

export const PEN = 20; // units, unless a drawing says otherwise
export const PLAIN_PRESSURE = 0.5; // of a mouse or a finger, and of strokes without pressure
const LIGHTEST = 0.7; // how wide the lightest touch of a pen is; the hardest is as much wider than the pen

/** Prepares a 2D context of `scale` pixels a unit. The ink has the CSS color of the canvas, also where colors are forced. */
export function prepareInk(context, scale) {
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.strokeStyle = context.fillStyle = getComputedStyle(context.canvas).color;
  context.lineCap = context.lineJoin = "round";
}

/** Paints whole strokes on a context from `prepareInk`, with a pen `pen` units wide. */
export function paintStrokes(context, strokes, pen = PEN) {
  for (const stroke of strokes) {
    if (stroke.length === 1) paintDot(context, stroke[0], pen);
    else paintCurve(context, stroke, { pen, isFinished: true });
  }
}

export function paintDot(context, point, pen) {
  context.beginPath();
  context.arc(point[0], point[1], (pen * widthOf(point)) / 2, 0, 2 * Math.PI);
  context.fill();
}

/**
 * Paints a curve through the middles between points, from the point with the number `from` on; returns from where to go
 * on when there are more points. The last half is painted only if the stroke `isFinished`: the next point bends it.
 */
export function paintCurve(context, stroke, { pen, from = 0, isFinished = false }) {
  const last = stroke.length - 1;
  const isEven = stroke.slice(from).every((point) => widthOf(point) === 1);
  context.lineWidth = pen;
  context.beginPath();
  for (let i = from; i <= last; i++) {
    if (i === last && !isFinished) break;
    if (i === from || !isEven) context.moveTo(...(i === 0 ? stroke[0] : middle(stroke[i - 1], stroke[i])).slice(0, 2));
    if (i === last) context.lineTo(stroke[i][0], stroke[i][1]);
    else context.quadraticCurveTo(stroke[i][0], stroke[i][1], ...middle(stroke[i], stroke[i + 1]));
    if (isEven) continue;
    context.lineWidth = pen * widthOf(stroke[i]);
    context.stroke();
    context.beginPath();
  }
  if (isEven) context.stroke();
  return Math.max(last, from);
}

/** How wide the pen is at a point, 1 being as wide as it is. */
function widthOf([, , , pressure = PLAIN_PRESSURE]) {
  return LIGHTEST + 2 * (1 - LIGHTEST) * Math.min(Math.max(pressure, 0), 1);
}

function middle([ax, ay], [bx, by]) {
  return [(ax + bx) / 2, (ay + by) / 2];
}

/** The smallest box around points: [left, top, right, bottom]. */
export function extentOf(points) {
  const extent = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of points) {
    extent[0] = Math.min(extent[0], x);
    extent[1] = Math.min(extent[1], y);
    extent[2] = Math.max(extent[2], x);
    extent[3] = Math.max(extent[3], y);
  }
  return extent;
}

/** Whether a stroke comes within `reach` of the segment from `a` to `b`. */
export function isTouched(stroke, a, b, reach) {
  if (stroke.length === 1) return distanceToSegment(stroke[0], a, b) <= reach;
  return stroke.some((point, i) => i > 0 && segmentDistance(stroke[i - 1], point, a, b) <= reach);
}

function segmentDistance(p, q, a, b) {
  if (cross(p, q, a) * cross(p, q, b) < 0 && cross(a, b, p) * cross(a, b, q) < 0) return 0;
  return Math.min(
    distanceToSegment(p, a, b), distanceToSegment(q, a, b), distanceToSegment(a, p, q), distanceToSegment(b, p, q),
  );
}

function distanceToSegment([x, y], [ax, ay], [bx, by]) {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const along = length ? Math.min(Math.max(((x - ax) * dx + (y - ay) * dy) / length, 0), 1) : 0;
  return Math.hypot(x - ax - along * dx, y - ay - along * dy);
}

function cross([ax, ay], [bx, by], [cx, cy]) {
  return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);
}
