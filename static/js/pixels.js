/** Paints the network's input as the API returns it. */

/** Paints `input`, base64 with one byte a pixel, row by row, 255 = ink, on a canvas; returns the side of the square. */
export function paintPixels(canvas, input) {
  const ink = Uint8Array.from(atob(input), (character) => character.charCodeAt(0));
  const side = Math.sqrt(ink.length);
  canvas.width = canvas.height = side;
  const image = new ImageData(side, side);
  ink.forEach((value, index) => image.data.set([255 - value, 255 - value, 255 - value, 255], 4 * index));
  canvas.getContext("2d").putImageData(image, 0, 0);
  return side;
}
