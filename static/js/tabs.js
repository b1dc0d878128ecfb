/** Keeps two tabs from drawing on the same canvas: a duplicated tab copies its storage, the canvas's id included. */

const tabs = new BroadcastChannel("inkling.claims");

/** Asks the other tabs for the id of `ink`, an Ink; calls `onTaken()` if one of them uses it already. */
export function claimCanvas(ink, onTaken) {
  tabs.addEventListener("message", ({ data: { asked, taken } }) => {
    if (asked === ink.id) tabs.postMessage({ taken: asked });
    if (taken === ink.id) onTaken();
  });
  tabs.postMessage({ asked: ink.id });
}
