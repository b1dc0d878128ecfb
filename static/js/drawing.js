/** Shows a submitted drawing with a box around each digit or sign that was read. */

import { extentOf, paintStrokes, prepareInk } from "inkling/strokes";

// A pen of unknown width is a tenth of a digit, as in ml/preprocessing/strokes.py, where a digit is at most WIDEST
// times as wide as it is tall, and a number has at most MOST_DIGITS.
const PEN_OF_EXTENT = 0.1;
const WIDEST = 1.4;
const MOST_DIGITS = 32;
const SIDE_PX = 1_024; // of the longer side, as painted

/** `drawing` as embedded in the page, `symbols` or digits as the API returns them; boxes are in the drawing's units. */
export async function showDrawing(root, drawing, symbols = []) {
  const frame = drawing.strokes ? showStrokes(root, drawing) : await showImage(root, drawing);
  if (frame) root.querySelector("[data-boxes]").append(...boxesIn(root, frame, symbols));
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

function* boxesIn(root, frame, symbols) {
  const template = root.querySelector("template[data-box]");
  root.querySelector("[data-boxes]").setAttribute("viewBox", frame.join(" "));
  const text = Math.min(Math.max(frame[2], frame[3]) / 16, ...symbols.map(({ box }) => Math.max(box[2], box[3]) / 3));
  for (const { symbol, digit, box } of symbols) {
    const [x, y, width, height] = box;
    const mark = template.content.querySelector("g").cloneNode(true);
    setAll(mark.querySelector("rect"), { x, y, width, height });
    setAll(mark.querySelector("text"), { x: x + text * 0.2, y: Math.max(y - text * 0.25, frame[1] + text), "font-size": text });
    mark.querySelector("text").textContent = symbol ?? digit;
    yield mark;
  }
}

function setAll(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}
