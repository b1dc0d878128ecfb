/** Sends what is kept on this device, each drawing once. Independent of the page, whose user must still be logged in. */

import { pageAt, Refusal, sendDrawing } from "inkling/api";
import { claimNext, forgetKept, releaseKept, tellTabs } from "inkling/outbox";

const SEND_MS = 30_000; // then it is tried again later
const AGAIN_MS = 60_000; // after a fault of the service
const STOPPING = ["offline", "unavailable", "signed_out"]; // the others would fare no better
const BY_ITSELF = ["throttled", "queue_full", "too_many_guests", "too_many_in_flight", "server_error"];
const DONE = "gone"; // it arrived earlier, and was deleted since

let claimed = null; // the key of the drawing that this page is sending

// What a page sends is called off with it: the next page need not wait until the claim is over.
addEventListener("pagehide", () => claimed && releaseKept(claimed));

/**
 * Sends the drawings of `user` that are due, or the one with this `key`. Calls `onSent({key, submission})` for each that
 * arrived; the reading may follow. Resolves to the code of what stopped it, or null.
 */
export async function sendKept(user, { key = null, onSent }) {
  let page = null;
  for (let next; (next = await claimNext(user, key)); ) {
    claimed = next.key;
    try {
      page ??= await openPage(user);
      const signal = AbortSignal.timeout(SEND_MS);
      const { body } = await sendDrawing(page.url, next.drawing, { csrfToken: page.csrfToken, key: next.key, signal });
      const sent = { key: next.key, user, submission: body };
      await forgetKept(next.key);
      tellTabs(sent);
      onSent(sent);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw await released(next, refusal);
      if (refusal.code === DONE) {
        await forgetKept(next.key);
        continue;
      }
      const isStopping = STOPPING.includes(refusal.code);
      await releaseKept(next.key, isStopping ? null : problemOf(refusal));
      if (isStopping) return refusal.code;
    } finally {
      claimed = null;
    }
    if (key) break;
  }
  return null;
}

async function released({ key }, fault) {
  await releaseKept(key);
  return fault;
}

/** Why a drawing was refused; `retryAt` is null if sending it again by itself is of no use. */
function problemOf({ code, message, retryAfter_s }) {
  const retryAt = BY_ITSELF.includes(code) ? Date.now() + (1000 * retryAfter_s || AGAIN_MS) : null;
  return { code, message, retryAt };
}

/**
 * The CSRF token of a fresh copy of the drawing page, and where drawings are sent. Throws Refusal `signed_out` if it is
 * not the page of `user`, and `unavailable` if the service has no page now.
 */
async function openPage(user) {
  const copy = await pageAt("/", AbortSignal.timeout(SEND_MS));
  const now = copy.body.dataset.user;
  if (now === undefined) throw new Refusal("unavailable");
  const root = copy.querySelector("[data-draw]");
  if (now !== user || !root) throw new Refusal("signed_out");
  return { csrfToken: root.dataset.csrfToken, url: root.dataset.submitUrl };
}
