/** Shows a preview of the drawing in its [data-preview] element until the service's reading takes its place. */

import { canPreview, createPreview } from "inkling/preview";

/**
 * Starts the preview of the page's [data-preview] element. `drawingNow()` returns what is on the paper, the stroke in
 * progress included, in the API's form. Call `update()` of what this returns after each change but movements of the
 * pen. A page without that element, and a browser that cannot run a preview, show none.
 */
export function startPreview(root, drawingNow) {
  const element = root.querySelector("[data-preview]");
  if (!element || !canPreview()) return { update() {} };
  const preview = createPreview({ networkUrl: element.dataset.network, onResult: (result) => show(element, result) });
  const draw = (isMoving) => {
    const drawing = drawingNow();
    if (drawing.strokes.length) preview.draw(drawing, { isMoving });
    else preview.clear();
  };
  draw(false); // an earlier drawing, which the page kept
  root.addEventListener("pointermove", ({ buttons, target }) => {
    if (buttons && target.closest("[data-canvas]")) draw(true);
  });
  return { update: () => draw(false) };
}

function show(element, result) {
  element.hidden = result === null;
  if (!result) return;
  const place = element.querySelector("[data-words]");
  const [before, after] = place.dataset.words.split("{text}");
  const strong = Object.assign(document.createElement("strong"), { className: "preview-digit" });
  strong.textContent = result.digit;
  place.replaceChildren(before, strong, after);
}
