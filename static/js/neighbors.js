/** The arrow keys lead to the drawing before or after this one, unless they have a meaning where the focus is. */

const LINKS = { ArrowLeft: "a[rel=prev]", ArrowRight: "a[rel=next]" };
const OWN_KEYS = "input, select, textarea, button, summary, audio, video, [contenteditable], [role=slider], [data-replay]";

/** `root` holds the links to both. */
export function followKeys(root) {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.target instanceof Element && event.target.closest(OWN_KEYS)) return;
    const link = LINKS[event.key] && root.querySelector(LINKS[event.key]);
    if (!link) return;
    event.preventDefault();
    link.click();
  });
}
