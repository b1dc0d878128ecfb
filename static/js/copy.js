// Buttons that copy what a field holds, and say so: data-copy names the field, data-copied is what is said.

const status = document.querySelector("[data-copy-status]");

for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", async () => {
        const field = document.getElementById(button.dataset.copy);
        field.select(); // where there is no clipboard (http), the keys for copying work on it
        try {
            await navigator.clipboard.writeText(field.value);
            status.textContent = button.dataset.copied;
        } catch {
            document.execCommand("copy") && (status.textContent = button.dataset.copied);
        }
    });
}
