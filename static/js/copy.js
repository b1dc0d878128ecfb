/** Buttons that copy the text of the element named by data-copy. Shown only where a page may write to the clipboard. */

for (const button of document.querySelectorAll("[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  const status = button.parentElement.querySelector("[data-copied]");
  button.hidden = !navigator.clipboard; // browsers offer it to secure pages only
  button.addEventListener("click", async () => {
    const text = source.value ?? source.innerText;
    status.textContent = "";
    try {
      await navigator.clipboard.writeText(text.trim());
      status.textContent = status.dataset.copied;
    } catch { // not allowed: the text is selected, ready to be copied by hand
      if (source.select) source.select();
      else getSelection().selectAllChildren(source);
      status.textContent = status.dataset.selected;
    }
  });
}
