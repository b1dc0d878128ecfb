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
 * the drawing's units. Resolves to the part of the drawing that is shown, [x, y, width, height], or null.
 */
export async function showDrawing(root, drawing, symbols = []) {
  const frame = drawing.strokes ? showStrokes(root, drawing) : await showImage(root, drawing);
  if (frame) showBoxes(root, frame, symbols);
  return frame;
}

/** Paints the strokes and returns their frame, [x, y, width, height]. */
function showStrokes(root, { strokes, width, height, pen_px }) {
  const points = strokes.flat();
  const [left, top, right, bottom] = extentOf(points);
  const extent = Math.max(right - left, bottom - top);
  const digit = Math.min(extent, Math.max(WIDEST * (bottom - top), extent / MOST_DIGITS));
  const pen = pen_px ?? (digit * PEN_OF_EXTENT || 1);
  const [x, y] = [Math.min(0, left - pen), Math.min(0, top - pen)];
  const frame = [x, y, Math.max(width ?? right + pen, right) - x, Math.max(height ?? bottom + pen, bottom) - y];
  root.style.setProperty("--paper-ratio", Math.min(Math.max(frame[2] / frame[3], 1), WIDEST_PAPER));
  const scale = SIDE_PX / Math.max(frame[2], frame[3]);
  const canvas = root.querySelector("canvas");
  canvas.width = Math.max(1, Math.round(frame[2] * scale));
  canvas.height = Math.max(1, Math.round(frame[3] * scale));
  const moved = strokes.map((stroke) => stroke.map(([px, py]) => [px - x, py - y]));
  const context = canvas.getContext("2d");
  prepareInk(context, scale);
  paintStrokes(context, moved.filter((stroke) => stroke.length), pen);
  return frame;
}

/** Returns the frame of a submitted image, whose stored copy is upright and may be smaller. */
async function showImage(root, { width, height }) {
  const image = root.querySelector("img");
  if (!image) return null;
  await image.decode();
  const scale = Math.max(width, height) / Math.max(image.naturalWidth, image.naturalHeight);
  return [0, 0, image.naturalWidth * scale, image.naturalHeight * scale];
}
