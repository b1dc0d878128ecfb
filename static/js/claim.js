/** Sees to it that no two tabs draw on one sheet: a tab that is duplicated takes what is kept, its sheet included, along. */

const tabs = new BroadcastChannel("inkling.claims");

/** Asks the other tabs for the sheet of `paper`, a DrawingCanvas; `onTaken()` if one of them has it, and had it before. */
export function claimSheet(paper, onTaken) {
  tabs.addEventListener("message", ({ data: { asked, taken } }) => {
    if (asked === paper.id) tabs.postMessage({ taken: asked });
    if (taken === paper.id) onTaken();
  });
  tabs.postMessage({ asked: paper.id });
}
