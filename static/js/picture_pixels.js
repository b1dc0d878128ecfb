/** The pixels of a picture file: decoded upright, turned by quarters, cropped, encoded. Runs as a worker where it can. */

const PREVIEW_PX = 1_280; // of the longer side; the full size is decoded again when it is cropped
const JPEG_QUALITY = 0.92;
const PHOTOS = ["image/jpeg", "image/heic", "image/heif", "image/avif"]; // as PNG they would be huge

/** Decodes a file; resolves to a `preview` and its size in pixels, upright. Throws if this browser cannot. */
export async function decodePreview({ file }) {
  const bitmap = await decode(file);
  const { width, height } = bitmap;
  const scale = Math.min(1, PREVIEW_PX / Math.max(width, height));
  const size = { resizeWidth: scaled(width, scale), resizeHeight: scaled(height, scale), resizeQuality: "medium" };
  const preview = await createImageBitmap(bitmap, size);
  bitmap.close();
  return { preview, width, height };
}

/**
 * Encodes the part within `edges`, shares of the picture after `turns` quarters clockwise: a photo as JPEG, another
 * picture as PNG unless that has too many bytes. `limits`: of its `pixels`, `side_px` and `bytes`. Resolves to the
 * `blob` and its `size` in pixels.
 */
export async function encodePart({ file, edges, turns, limits: { pixels, side_px, bytes } }) {
  const bitmap = await decode(file);
  const source = sourceOf(edges, turns, [bitmap.width, bitmap.height]);
  const [, , width, height] = source;
  const scale = Math.min(1, Math.sqrt(pixels / (width * height)), side_px / Math.max(width, height));
  const canvas = "OffscreenCanvas" in globalThis ? new OffscreenCanvas(1, 1) : document.createElement("canvas");
  paint(canvas, bitmap, { source, turns, scale });
  bitmap.close();
  const size = [canvas.width, canvas.height];
  const lossless = PHOTOS.includes(file.type) ? null : await blobOf(canvas, "image/png");
  if (lossless?.size <= bytes) return { blob: lossless, size };
  putOnWhite(canvas);
  return { blob: await blobOf(canvas, "image/jpeg"), size };
}

/** [x, y, width, height] in pixels of a picture of that size before it was turned, for `edges` of the turned one. */
export function sourceOf(edges, turns, [width, height]) {
  let { left, top, right, bottom } = edges;
  for (let i = 0; i < turns; i++) [left, top, right, bottom] = [top, 1 - right, bottom, 1 - left];
  const [x, y] = [Math.round(left * width), Math.round(top * height)];
  return [x, y, Math.max(1, Math.round(right * width) - x), Math.max(1, Math.round(bottom * height) - y)];
}

/** Makes the canvas as large as the part `source` of the bitmap, scaled and turned, and paints that. */
export function paint(canvas, bitmap, { source, turns, scale = 1 }) {
  const [width, height] = [scaled(source[2], scale), scaled(source[3], scale)];
  [canvas.width, canvas.height] = turnedSize([width, height], turns);
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.translate(canvas.width / 2, canvas.height / 2);
  context.rotate((turns * Math.PI) / 2);
  context.drawImage(bitmap, ...source, -width / 2, -height / 2, width, height);
}

function turnedSize([width, height], turns) {
  return turns % 2 ? [height, width] : [width, height];
}

function decode(file) {
  return createImageBitmap(file, { imageOrientation: "from-image" });
}

/** A JPEG has no transparency. */
function putOnWhite(canvas) {
  const context = canvas.getContext("2d");
  context.resetTransform();
  context.globalCompositeOperation = "destination-over";
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
}

async function blobOf(canvas, type) {
  const options = { type, quality: JPEG_QUALITY };
  if ("convertToBlob" in canvas) return canvas.convertToBlob(options);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, type, JPEG_QUALITY));
  if (!blob) throw new Error(`no ${type}`);
  return blob;
}

function scaled(length, scale) {
  return Math.max(1, Math.floor(length * scale));
}

if ("DedicatedWorkerGlobalScope" in globalThis) {
  addEventListener("message", async ({ data: { name, request } }) => {
    try {
      const result = await { decodePreview, encodePart }[name](request);
      postMessage({ result }, result.preview ? [result.preview] : []);
    } catch (fault) {
      postMessage({ fault: String(fault) });
    }
  });
}
