/** The review queue: arrow keys move between labels, and each cell gets its column's title for narrow screens. */

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

for (const name of ["current_label", "sure", "finding", "owner", "status", "created_at"]) {
  const heading = document.querySelector(`#result_list thead .column-${name} .text`)?.textContent.trim();
  for (const cell of document.querySelectorAll(`#result_list tbody .field-${name}`)) cell.dataset.column = heading;
}

/* Typed labels are kept in this tab until they are saved, so that following a link does not lose them. */
const DRAFTS = "review-queue-drafts";
const drafts = JSON.parse(sessionStorage.getItem(DRAFTS) ?? "{}");
const note = document.querySelector("[data-unsaved]");
if (note) document.querySelector("#changelist-form .paginator")?.append(note);  // the bar that is always visible
const keyOf = (label) => document.getElementsByName(label.name.replace(/label$/, "key"))[0]?.value;
const labelBefore = (label) => document.getElementsByName(`${label.name}-said`)[0]?.value;

function storeDrafts() {
  sessionStorage.setItem(DRAFTS, JSON.stringify(drafts));
  const count = Object.keys(drafts).length;
  if (!note) return;
  note.hidden = count === 0;
  note.textContent = count ? `${note.dataset.unsaved} ${count}` : "";
}

if (document.querySelector(".messagelist .success")) {
  for (const key of Object.keys(drafts)) if (drafts[key].isSent) delete drafts[key];
}
for (const label of labels) {
  const draft = drafts[keyOf(label)];
  if (!draft) continue;
  if (draft.before !== labelBefore(label)) delete drafts[keyOf(label)];  // reviewed since
  else if (!label.value) label.value = draft.text;
}
storeDrafts();

document.addEventListener("input", ({ target }) => {
  if (!labels.includes(target)) return;
  if (target.value) drafts[keyOf(target)] = { text: target.value, before: labelBefore(target) };
  else delete drafts[keyOf(target)];
  storeDrafts();
});

document.querySelector("#changelist-form")?.addEventListener("submit", () => {
  for (const label of labels) if (drafts[keyOf(label)]) drafts[keyOf(label)].isSent = true;
  storeDrafts();
});
