/** The desk: the arrow keys go from one label to the next, so that a page of them is typed without the mouse. */

const labels = [...document.querySelectorAll("#result_list [data-label]:read-write")];
const steps = { ArrowDown: 1, ArrowUp: -1 };

document.addEventListener("keydown", (event) => {
  const at = labels.indexOf(event.target);
  if (at < 0 || !(event.key in steps)) return;
  event.preventDefault();
  const next = labels[at + steps[event.key]];
  next?.focus();
  next?.select();
});
