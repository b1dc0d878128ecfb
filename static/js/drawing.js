/** Shows a submitted drawing with a box around each digit or sign that was read. */

import { showBoxes } from "inkling/boxes";
import { extentOf, paintStrokes, prepareInk } from "inkling/strokes";

// A pen of unknown width is a tenth of a digit, as in ml/preprocessing/strokes.py, where a digit is at most WIDEST
// times as wide as it is tall, and a number has at most MOST_DIGITS.
const PEN_OF_EXTENT = 0.1;
const WIDEST = 1.4;
const MOST_DIGITS = 32;
const WIDEST_PAPER = 3; // in heights
const SIDE_PX = 1_024; // of the longer side, as painted

/**
 * Shows `drawing`, as embedded in the page, and the boxes of `symbols` or digits, as the API returns them, which are in
 * the drawing's units. `paint`, if given, paints strokes on a canvas in its own way, as `placeStrokes` has placed them.
 * Resolves to the part of the drawing that is shown, [x, y, width, height], or null.
 */
export async function showDrawing(root, drawing, symbols = [], paint = paintWhole) {
  const frame = drawing.strokes ? showStrokes(root, drawing, paint) : await showImage(root, drawing);
  if (frame) showBoxes(root, frame, symbols);
  return frame;
}

/**
 * Where strokes are: the `frame` that shows them, [x, y, width, height], which is their canvas and what was drawn beside
 * it; the width of the `pen`; and the strokes `moved` so that the frame begins at 0, 0.
 */
export function placeStrokes({ strokes, width, height, pen_px }) {
  const [left, top, right, bottom] = extentOf(strokes.flat());
  const extent = Math.max(right - left, bottom - top);
  const digit = Math.min(extent, Math.max(WIDEST * (bottom - top), extent / MOST_DIGITS));
  const pen = pen_px ?? (digit * PEN_OF_EXTENT || 1);
  const [x, y] = [Math.min(0, left - pen), Math.min(0, top - pen)];
  const frame = [x, y, Math.max(width ?? right + pen, right) - x, Math.max(height ?? bottom + pen, bottom) - y];
  const moved = strokes.map((stroke) => stroke.map(([px, py, ...rest]) => [px - x, py - y, ...rest]));
  return { frame, pen, moved };
}

/** Shows the strokes and returns their frame, [x, y, width, height]. */
function showStrokes(root, drawing, paint) {
  const placed = placeStrokes(drawing);
  const [, , width, height] = placed.frame;
  root.style.setProperty("--paper-ratio", Math.min(Math.max(width / height, 1), WIDEST_PAPER));
  paint(root.querySelector("canvas"), placed);
  return placed.frame;
}

function paintWhole(canvas, { frame: [, , width, height], moved, pen }) {
  const scale = SIDE_PX / Math.max(width, height);
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext("2d");
  prepareInk(context, scale);
  paintStrokes(context, moved.filter((stroke) => stroke.length), pen);
}

/** Returns the frame of a submitted image, whose stored copy is upright and may be smaller. */
async function showImage(root, { width, height }) {
  const image = root.querySelector("img");
  if (!image) return null;
  await image.decode();
  const scale = Math.max(width, height) / Math.max(image.naturalWidth, image.naturalHeight);
  return [0, 0, image.naturalWidth * scale, image.naturalHeight * scale];
}
