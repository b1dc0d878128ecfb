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
let answer = null;
let outbox = null;
let kept = []; // what the list shows
let saysKept = false;
let isBack = false; // while somebody draws, which the drawing page would interrupt
let timer = null;

again.addEventListener("click", (event) => {
  event.preventDefault();
  location.assign(isBack ? "/" : address);
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
  answer = new AnswerView(part("answer"));
  outbox = new OutboxView(part("outbox"), { user, pageOf, onSent: () => {}, onShow: showKept });
  let preview = null;
  const onChange = () => {
    sayWhetherKept();
    preview?.update();
  };
  pad = new DrawingPad(root, { user, onChange, onPredict: keep });
  outbox.refresh();
  part("preview").dataset.network = await networkUrl();
  if (part("preview").dataset.network) preview = startPreview(root, () => pad.drawingNow);
}

async function keep() {
  if (isBack) return location.assign("/");
  if (pad.ink.isBlank) return answer.wait(message("blank"));
  try {
    await keepDrawing(user, newId(), pad.drawing);
    outbox.refresh();
  } catch (fault) {
    console.error(fault);
    answer.refuse(message("not_kept"), { isProblem: true });
  }
}

/** Follows the list: what is on the paper may have been kept, sent or deleted. */
function showKept(now) {
  kept = now;
  if (isOnPaperKept() !== saysKept) sayWhetherKept();
}

function sayWhetherKept() {
  if (isBack) return;
  saysKept = isOnPaperKept();
  if (saysKept) answer.wait(message("kept_here"));
  else answer.clear();
}

function isOnPaperKept() {
  const { canvas, strokes } = pad.drawing;
  return kept.some(({ drawing }) => drawing.canvas === canvas && isSame(drawing.strokes, strokes));
}

function isSame(strokes, others) {
  return JSON.stringify(strokes) === JSON.stringify(others);
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
  isBack = true;
  page.querySelector("[data-title]").textContent = message("back_online");
  page.querySelector("[data-state-text]").textContent = message("drawing_stays");
  document.title = `${message("back_online")} · Inkling`;
  page.querySelector("[data-can-draw]").hidden = part("answer").hidden = part("predict").hidden = true;
  again.textContent = message("to_drawing_page");
  again.dataset.weight = "main";
}

function pageOf({ id }) {
  return user === GUEST ? "" : root.dataset.itemUrl.replace(root.dataset.someId, id);
}
