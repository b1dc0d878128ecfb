/** The heading of the drawing page while pictures take the paper's place. */

/** Shows what the page says about pictures instead of what it says about drawing, until `signal` ends it. */
export function headForPictures(signal) {
  showFor({ pictures: true });
  signal.addEventListener("abort", () => showFor({ pictures: false }), { once: true });
}

function showFor({ pictures }) {
  for (const part of document.querySelectorAll("[data-for-drawing]")) part.hidden = pictures;
  for (const part of document.querySelectorAll("[data-for-pictures]")) part.hidden = !pictures;
}
