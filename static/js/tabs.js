/** Keeps two tabs from drawing on the same canvas: a duplicated tab copies its storage, the canvas's id included. */

const tabs = new BroadcastChannel("inkling.claims");

/** Asks the other tabs for the id of `canvas`, a DrawingCanvas; calls `onTaken()` if one of them uses it already. */
export function claimCanvas(canvas, onTaken) {
  tabs.addEventListener("message", ({ data: { asked, taken } }) => {
    if (asked === canvas.id) tabs.postMessage({ taken: asked });
    if (taken === canvas.id) onTaken();
  });
  tabs.postMessage({ asked: canvas.id });
}
