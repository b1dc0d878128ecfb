/** Buttons that copy a field, or save it as a file; data-copies has the id of the field. */

import { message } from "inkling/messages";

for (const buttons of document.querySelectorAll("[data-copies]")) {
  const field = document.getElementById(buttons.dataset.copies);
  const status = buttons.querySelector("[data-copied]");
  buttons.hidden = false;
  buttons.querySelector("[data-copy]").addEventListener("click", async () => {
    status.textContent = message((await copy(field)) ? "copied" : "not_copied");
  });
  buttons.querySelector("[data-save]")?.addEventListener("click", ({ currentTarget }) => save(field, currentTarget.dataset.save));
}

/** Copy the field's text; over plain http browsers only offer the older way. */
async function copy(field) {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    field.select();
    return document.execCommand("copy");
  }
}

function save(field, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([`${field.value}\n`], { type: "text/plain" }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
