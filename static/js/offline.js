/** The page without a connection: drawings are previewed and kept on this device, for whose page was shown last. */

import { AnswerView } from "inkling/answer";
import { DrawingPad } from "inkling/drawing_pad";
import { newId } from "inkling/ink";
import { message } from "inkling/messages";
import { GUEST, keepDrawing } from "inkling/outbox";
import { OutboxView } from "inkling/outbox_view";
import { startPreview } from "inkling/preview_view";
import { lastUser } from "inkling/saved_drawing";

const NETWORKS = "inkling-networks"; // a cache of the service worker
const PROBE = "/health/live";
const FIRST_PAUSE_MS = 1_000; // between probes; then twice as long ...
const LONGEST_PAUSE_MS = 30_000;
const page = document.querySelector("[data-offline]");
const root = document.querySelector("[data-draw]");
const part = (name) => root.querySelector(`[data-${name}]`);
const again = page.querySelector("[data-again]");
const user = lastUser();
const { logOutUrl } = page.dataset;
const isLogOut = location.pathname === logOutUrl;
const address = isLogOut ? "/" : location.pathname + location.search; // a form is not sent again
let pad = null;
let outbox = null;
let timer = null;

again.addEventListener("click", (event) => {
  event.preventDefault();
  location.assign(address);
});
page.querySelector("[data-still-logged-in]").hidden = !isLogOut;
addEventListener("online", () => probe());
addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
new BroadcastChannel("inkling").addEventListener("message", () => location.reload()); // another tab logged out
if (user && !isLogOut) startDrawing();
probe();

async function startDrawing() {
  root.hidden = page.querySelector("[data-can-draw]").hidden = false;
  page.querySelector("[data-cannot-draw]").hidden = true;
  const answer = new AnswerView(part("answer"));
  outbox = new OutboxView(part("outbox"), { user, pageOf, onSent: () => {} });
  let preview = null;
  const onChange = () => {
    answer.clear();
    preview?.update();
  };
  pad = new DrawingPad(root, { user, onChange, onPredict: () => keep(answer) });
  outbox.refresh();
  part("preview").dataset.network = await networkUrl();
  if (part("preview").dataset.network) preview = startPreview(root, () => pad.drawingNow);
}

async function keep(answer) {
  if (pad.ink.isBlank) return answer.wait(message("blank"));
  try {
    await keepDrawing(user, newId(), pad.drawing);
    answer.wait(message("kept_here"));
  } catch (fault) {
    console.error(fault);
    answer.refuse(message("not_kept"), { isProblem: true });
  }
  outbox.refresh();
}

/** The address of the network that the service worker keeps, or "". */
async function networkUrl() {
  if (!("caches" in window)) return "";
  const [found] = await (await caches.open(NETWORKS)).keys();
  return found?.url ?? "";
}

/** Waits until the service answers again; browsers do not always know whether it can be reached. */
async function probe(pause_ms = FIRST_PAUSE_MS) {
  clearTimeout(timer);
  const isBack = await fetch(PROBE, { cache: "no-store" }).then(({ ok }) => ok, () => false);
  if (isBack) return comeBack();
  timer = setTimeout(probe, pause_ms, Math.min(2 * pause_ms, LONGEST_PAUSE_MS));
}

/** Opens the page that was asked for, once all is sent, unless that would interrupt somebody who draws. */
async function comeBack() {
  await outbox?.send();
  if (!pad || pad.ink.isBlank) return location.assign(address);
  page.querySelector("[data-state-text]").textContent = message("back_online");
  again.textContent = message("go_on");
}

function pageOf({ id }) {
  return user === GUEST ? "" : root.dataset.itemUrl.replace(root.dataset.someId, id);
}
