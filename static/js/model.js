/** The page about the model: shows the pixels of its mistakes. */

import { paintPixels } from "inkling/pixels";

for (const canvas of document.querySelectorAll("[data-ink]")) paintPixels(canvas, canvas.dataset.ink);
