/** The drawing page: connects the drawing pad, the API and the reading. */

import { finished, isFinished, pageAt, Refusal, retrySubmission, reviewSubmission, submitDrawing } from "inkling/api";
import { showBoxes } from "inkling/boxes";
import { SIDE } from "inkling/canvas";
import { DrawingPad } from "inkling/drawing_pad";
import { newId } from "inkling/ink";
import { LiveReading } from "inkling/live_reading";
import { forgetCanvas, GUEST, keepDrawing } from "inkling/outbox";
import { OutboxView } from "inkling/outbox_view";
import { Pictures } from "inkling/pictures";
import { startPreview } from "inkling/preview_view";
import { showQueue } from "inkling/queue_status";
import { ReadingView } from "inkling/reading";
import { clearDrawings, loadDrawing } from "inkling/saved_drawing";

const RETRYABLE = ["gave_up", "deadline", "no_model"];

const { user } = document.body.dataset;
const root = document.querySelector("[data-draw]");
const part = (name) => root.querySelector(`[data-${name}]`);
const isGuest = user === GUEST; // whose drawings have no page to correct or retry them on
const view = new ReadingView(root, { review: isGuest ? null : review, onChoose });
const pad = new DrawingPad(root, { user, onChange: drawingChanged, onPredict: predict });
const isLive = "live" in root.dataset;
const live = new LiveReading({ isDrawing: () => pad.isDrawing, read: () => read(submit) });
const preview = isLive ? startPreview(root, () => pad.drawingNow) : null;
const pictures = new Pictures(root, { view, read, stop: stopWaiting, enter: hideDrawing, leave: showDrawing });
const outbox = new OutboxView(part("outbox"), { user, pageOf, onSent, onShow: followList });
let why = null; // the explanation, once there is something to explain
let attempt = null; // what was sent last: its `key`, the `drawing` in the API's form, and the `state` that it shows
let kept = null; // the attempt that is shown as kept on this device
let request = null; // the AbortController of the reading that is awaited
let judged = null; // the drawing that was last judged: its `state`, and its `submission`
let latest = null; // the drawing that was last read: its `content`, and its `submission`
let wasSignedOut = false;

/** Whatever was read, or is being read, is no longer this drawing. */
function drawingChanged() {
  if (pictures.shown) return; // what is shown is a reading of a picture
  stopWaiting();
  preview?.update();
  if (pad.ink.state === judged?.state) return showFinished(judged.submission);
  if (pad.ink.id === judged?.state.id) pad.renewId(); // what was judged stays as it is
  why?.clear();
  if (!isLive || pad.ink.isBlank) return clear();
  if (!kept) view.age(); // else the note that it is kept stays, as the newer drawing will be kept too
  live.schedule();
}

function clear() {
  kept = null;
  view.clear();
}

/** Makes room for a picture. The drawing, even a blank one, stays kept until a log-out: see `pageshow` below. */
function hideDrawing() {
  stopWaiting();
  kept = null;
  if (pad.ink.isBlank) pad.renewId();
  why?.clear();
  part("pad").hidden = true;
}

function showDrawing() {
  part("pad").hidden = false;
  part("canvas").focus({ preventScroll: true });
  if (isRead()) return showFinished(latest.submission);
  clear();
  drawingChanged();
}

function stopWaiting() {
  live.cancel();
  request?.abort();
  request = null;
  part("predict").removeAttribute("aria-busy");
}

function predict() {
  if (request) return view.wait("sending"); // this drawing is being read already
  if (pad.ink.isBlank) return view.refuse(new Refusal("blank"));
  if (pad.ink.id === judged?.state.id) pad.renewId();
  if (view.submission && isRead()) return showFinished(latest.submission);
  view.wait("sending");
  return read(submit);
}

/** Whether what is drawn and expected has been read as it is. */
function isRead() {
  return latest?.content === contentOf();
}

function contentOf() {
  return JSON.stringify(pad.drawing);
}

async function submit(options) {
  latest = null;
  attempt = isKept() ? kept : newAttempt(); // under one key it is one drawing, sent here or with what is kept
  const { key, drawing, state } = attempt;
  const onWait = (...args) => {
    pad.noteSent(state);
    return options.onWait(...args);
  };
  const submission = await submitDrawing(root.dataset.submitUrl, drawing, { ...options, key, onWait });
  pad.noteSent(state);
  forgetCanvas(user, drawing.canvas).then(() => outbox.refresh());
  return submission;
}

/** Whether the drawing on the paper is kept as it is, so that it may be on its way just now. */
function isKept() {
  return kept !== null && JSON.stringify(kept.drawing) === contentOf();
}

function newAttempt() {
  return { key: newId(), drawing: pad.drawing, state: pad.ink.state };
}

/** Shows the submission that `ask`, which calls js/api.js, returns, if any, or why there is none. */
async function read(ask) {
  stopWaiting();
  const mine = (request = new AbortController());
  const { signal } = mine;
  part("predict").setAttribute("aria-busy", "true");
  why?.clear();
  attempt = null;
  try {
    if (wasSignedOut) await renewToken(signal);
    const onWait = showQueue(view, root.dataset.queueUrl, signal);
    const askOnce = () => ask({ csrfToken: root.dataset.csrfToken, signal, onWait });
    const submission = await (isGuest ? withFreshToken(askOnce, signal) : askOnce());
    if (submission && !signal.aborted) showFinished(submission);
  } catch (problem) {
    if (signal.aborted) return;
    if (problem.code === "offline" && ask === submit && (await keep(signal))) return;
    if (!(problem instanceof Refusal)) console.error(problem); // a bug, which is shown as a server error
    wasSignedOut = problem.code === "signed_out";
    if (!signal.aborted) refuse(problem instanceof Refusal ? problem : new Refusal("server_error"));
  } finally {
    if (request === mine) stopWaiting();
  }
}

function refuse(problem) {
  const { code, retryAfter_s } = problem;
  kept = null;
  const onLogIn = code === "signed_out" && !isGuest ? () => open(root.dataset.logInUrl, "_blank") : null;
  const isDrawing = !pictures.shown; // a picture has a button of its own to send it again
  view.refuse(pictures.reword(problem), { onRetry: retryAfter_s && isDrawing ? predict : null, onLogIn });
  if (retryAfter_s && isLive && isDrawing) setTimeout(() => live.schedule(1000 * retryAfter_s)); // once `read` has ended
}

/** Keeps the drawing on this device until it can be sent; resolves to whether this browser can. */
async function keep(signal) {
  const mine = (attempt ??= newAttempt());
  try {
    await keepDrawing(user, mine.key, mine.drawing);
  } catch (fault) {
    console.error(fault); // nothing is stored here, which is shown as being offline
    return false;
  }
  outbox.refresh();
  if (signal.aborted) return true;
  kept = mine;
  view.wait(navigator.onLine ? "kept_unreachable" : "kept");
  return true;
}

/** Its script comes with the first reading that can be explained. */
async function offerToExplain(submission, pageUrl) {
  const { Explanation } = await import("inkling/explanation");
  if (view.submission !== submission) return; // another drawing has begun
  why ??= new Explanation(part("why"));
  why.offer(submission, pageUrl, () => root.dataset.csrfToken);
}

/** Says why the drawing on the paper is kept, if it is, as the list does. */
function followList(_, state) {
  const name = { outbox_offline: "kept", outbox_unreachable: "kept_unreachable" }[state];
  if (kept && !request && name) view.wait(name);
}

/** A drawing that was kept has been sent: shows its reading if it is the one on the paper. */
function onSent({ key, submission }) {
  if (kept?.key !== key || pad.ink.state !== kept.state || request) return;
  kept = null;
  read((options) => (isFinished(submission) ? submission : finished(submission.url, options)));
}

function pageOf({ id }) {
  return isGuest ? "" : root.dataset.itemUrl.replace(root.dataset.someId, id); // what a guest drew has no page
}

/** Asks once more with a fresh token if the guest's cookies are gone, of which the guest need not know. */
async function withFreshToken(askOnce, signal) {
  try {
    return await askOnce();
  } catch (problem) {
    if (problem.code !== "signed_out") throw problem;
    await renewToken(signal);
    return askOnce();
  }
}

/**
 * Takes the CSRF token of a fresh copy of this page: logging in again in another tab has made the old one invalid. If a
 * guest has logged in there, the page is loaded again, and their drawing is on the user's paper: see common.js.
 */
async function renewToken(signal) {
  const copy = await pageAt(location.pathname, signal);
  const now = copy.body.dataset.user;
  if (now !== user && (!now || now === GUEST)) throw new Refusal("signed_out"); // the drawing waits for its owner
  if (now !== user) { // of two users, the drawing of one is not the other's
    if (!isGuest) clearDrawings();
    stopWaiting();
    endSession();
    throw new Refusal("signed_out");
  }
  root.dataset.csrfToken = copy.querySelector("[data-csrf-token]")?.dataset.csrfToken ?? root.dataset.csrfToken;
}

function showFinished(submission) {
  const { status, error } = submission;
  kept = null;
  if (status === "succeeded") {
    const pageUrl = pageOf(submission);
    if (!pictures.shown) latest = { content: contentOf(), submission };
    view.show(submission);
    if (!pageUrl) return;
    offerToExplain(submission, pageUrl);
    part("own-page").href = pageUrl;
    return;
  }
  const retry = () => {
    (pictures.shown ?? part("predict")).focus(); // the pressed button is about to go
    view.wait("sending");
    return read((options) => retrySubmission(submission.url, options));
  };
  const canRetry = !isGuest && RETRYABLE.includes(error?.code);
  view.refuse(pictures.reword(error ?? new Refusal("canceled")), { onRetry: canRetry ? retry : null });
}

/** Saves what the person says about a reading; resolves to the submission as it then is, or to null. */
async function review(submission, text) {
  const { state } = pad.ink;
  const isDrawing = !pictures.shown;
  try {
    const saved = await reviewSubmission(submission.url, text, { csrfToken: root.dataset.csrfToken });
    if (!isDrawing) return saved;
    judged = saved.label ? { state, submission: saved } : null;
    if (latest?.submission.id === saved.id) latest.submission = saved;
    return saved;
  } catch (problem) {
    if (!(problem instanceof Refusal)) console.error(problem);
    return null;
  }
}

/** Shows where on the paper the symbols of a number stand. */
function onChoose(symbols, place) {
  if (pictures.shown) return pictures.shown.showBoxes(symbols, place);
  showBoxes(part("pad"), [0, 0, pad.drawing.width, SIDE], symbols.length > 1 ? symbols : [], place);
}

/** Reloads the page, which is not this person's any more, without a question about what was not sent. */
function endSession() {
  document.dispatchEvent(new Event("inkling:logged-out"));
}

// The page may outlive its drawing: in another tab, or in the browser's back-forward cache.
document.addEventListener("inkling:logged-out", () => location.reload());
addEventListener("pageshow", (event) => {
  if (event.persisted && (pictures.shown || !pad.ink.isBlank) && !loadDrawing(user)) endSession();
});
