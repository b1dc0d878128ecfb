/** What is known of a picture file before it is sent, by its first bytes. */

import { Refusal } from "inkling/api";

const FIRST_BYTES = 1_024; // in which an SVG's element must start
const TAKEN = /^(?:.PNG\r\n\x1a\n|\xff\xd8\xff|RIFF.{4}WEBP)/s;
const OTHERS = {
  GIF: /^GIF8/,
  BMP: /^BM/,
  TIFF: /^(?:II\*\0|MM\0\*)/,
  PDF: /^%PDF-/,
  AVIF: /^.{4}ftyp.{0,48}avi[fs]/s, // before HEIC, some of whose brands it has too
  HEIC: /^.{4}ftyp.{0,48}(?:hei[cmsx]|hev[cx]|m[is]f1)/s,
  SVG: /^\s*<(?:svg|\?xml[^]*<svg)/,
};

/** Why the service would surely refuse the file as it is, in the words of the API; null if it may take it. */
export async function refusalFor(file, limitBytes = Infinity) {
  if (!file.size) return new Refusal("empty");
  if (file.size > limitBytes) return new Refusal("too_large");
  const start = await firstLetters(file);
  if (start === null || TAKEN.test(start)) return null;
  const format = Object.keys(OTHERS).find((name) => OTHERS[name].test(start));
  return new Refusal("unreadable", format && `This is a ${format} image, which can't be read.`);
}

/** The first bytes as letters; null if the file cannot be read, as when it was deleted. */
async function firstLetters(file) {
  try {
    const bytes = new Uint8Array(await file.slice(0, FIRST_BYTES).arrayBuffer());
    return String.fromCharCode(...bytes);
  } catch {
    return null;
  }
}
