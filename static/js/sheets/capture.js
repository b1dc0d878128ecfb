/**
 * Sends photographs: each file at once and by itself, with its preview, from the field, the camera, or dropped onto the
 * page. On the page of a new sheet, the first file makes the sheet and the others are added to it.
 */

import { message } from "inkling/messages";
import { parsePage } from "inkling/trusted";

const form = document.querySelector("[data-send]");
const input = form.querySelector("[data-files]");
const camera = form.querySelector("[data-camera]");
const list = form.querySelector("[data-sending]");
const status = form.querySelector("[data-send-status]");
let target = form.action; // where the next file goes
let sheetUrl = location.pathname.endsWith("/new/") ? "" : location.pathname;
let waiting = [];
let isSending = false;
let hasFailed = false;

/** Shows the files, and sends them one after the other. */
function take(files) {
  for (const file of files) {
    const row = form.querySelector("template[data-sending-row]").content.firstElementChild.cloneNode(true);
    row.querySelector("[data-name]").textContent = file.name;
    showPreview(row.querySelector("[data-preview]"), file);
    row.querySelector("[data-again]").addEventListener("click", () => {
      row.querySelector("[data-again]").hidden = true;
      row.querySelector("[data-problem]").textContent = "";
      hasFailed = false;
      waiting.push({ file, row });
      sendAll();
    });
    list.append(row);
    list.hidden = false;
    waiting.push({ file, row });
  }
  sendAll();
}

function showPreview(image, file) {
  if (!file.type.startsWith("image/")) return image.remove();
  const url = URL.createObjectURL(file);
  image.addEventListener("load", () => URL.revokeObjectURL(url), { once: true });
  image.addEventListener("error", () => image.remove(), { once: true });
  image.src = url;
}

async function sendAll() {
  if (isSending) return;
  isSending = true;
  while (waiting.length) {
    const { file, row } = waiting.shift();
    status.textContent = message("sending", { name: file.name });
    const problem = await send(file, row.querySelector("[data-bar]")).catch(() => message("send_failed"));
    if (problem) {
      hasFailed = true;
      status.textContent = ""; // the alert says why it was not taken
      row.querySelector("[data-problem]").textContent = problem;
      row.querySelector("[data-again]").hidden = false;
    } else {
      status.textContent = message("sent", { name: file.name });
      row.remove();
    }
  }
  isSending = false;
  list.hidden = !list.children.length;
  if (!hasFailed && sheetUrl) finish();
}

/** Sends one file; resolves to why it was not taken, or to nothing. */
function send(file, bar) {
  return new Promise((resolve, reject) => {
    const data = new FormData(form);
    data.delete("files");
    data.append("files", file, file.name);
    const request = new XMLHttpRequest();
    request.open("POST", target);
    request.upload.addEventListener("progress", ({ loaded, total }) => (bar.value = loaded / total));
    request.addEventListener("error", reject);
    request.addEventListener("load", () => {
      const page = parsePage(request.responseText);
      if (page.body.dataset.user !== document.body.dataset.user) return resolve(message("send_signed_out"));
      const problem = page.querySelector(".messages [data-level=error]")?.textContent.trim();
      if (request.status >= 400 || problem) return resolve(problem || message("send_failed"));
      const next = page.querySelector("[data-send]");
      sheetUrl = new URL(request.responseURL).pathname;
      target = new URL(next.getAttribute("action"), location.href).href;
      resolve();
    });
    request.send(data);
  });
}

/** Leads to the sheet, where its pages are looked at; on its page, shows them. */
function finish() {
  if (location.pathname !== sheetUrl) return location.assign(sheetUrl);
  document.dispatchEvent(new Event("inkling:pages-sent"));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  take(input.files);
  input.value = "";
});
input.addEventListener("change", () => form.requestSubmit());
form.querySelector("[data-submit]").hidden = true; // a file is sent when it is chosen
camera.hidden = !matchMedia("(pointer: coarse)").matches; // a camera that points at paper
camera.querySelector("input").addEventListener("change", ({ target: { files } }) => take(files));

document.addEventListener("dragover", (event) => {
  if (!event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  form.toggleAttribute("data-dropping", true);
});
document.addEventListener("dragleave", ({ relatedTarget }) => relatedTarget || form.removeAttribute("data-dropping"));
document.addEventListener("drop", (event) => {
  form.removeAttribute("data-dropping");
  if (!event.dataTransfer.files.length) return;
  event.preventDefault();
  take(event.dataTransfer.files);
});
addEventListener("beforeunload", (event) => isSending && event.preventDefault());
