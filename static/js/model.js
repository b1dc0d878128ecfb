/** The model page: paints the images of its most confident errors. */

import { paintPixels } from "inkling/pixels";

for (const canvas of document.querySelectorAll("[data-ink]")) paintPixels(canvas, canvas.dataset.ink);
