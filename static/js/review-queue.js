/** The desk: the arrow keys go from one label to the next; each bare value knows its column's name, for a phone. */

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

for (const name of ["said", "sure", "finding", "owner", "status", "created_at"]) {
  const heading = document.querySelector(`#result_list thead .column-${name} .text`)?.textContent.trim();
  for (const cell of document.querySelectorAll(`#result_list tbody .field-${name}`)) cell.dataset.column = heading;
}
