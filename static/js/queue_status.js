/** Shows where in the queue a drawing is, and for how long about, while its reading is awaited. */

import { queueState } from "inkling/api";
import { duration, message } from "inkling/messages";

const QUICK_MS = 2_900; // most readings arrive sooner, so the queue is not asked about
const SLOW_MS = 20_000;

/** Returns an `onWait` for js/api.js that shows on `view` the state of the queue at `url`. */
export function showQueue(view, url, signal) {
  let first = null; // what the queue looked like at first: {at_ms, ahead}
  return async (waited_ms, submissionUrl) => {
    if (waited_ms < QUICK_MS) return view.wait("waiting");
    const queue = await queueState(url, { submission: submissionUrl.split("/").at(-2), signal });
    if (signal.aborted) return;
    const now = { at_ms: waited_ms, ahead: queue?.ahead ?? null };
    if (first === null && now.ahead !== null) first = now;
    view.wait(...messageFor(queue, waited_ms), waitHint(first, now));
  };
}

/** The name of a message and its values. */
function messageFor(queue, waited_ms) {
  if (queue?.workers === 0 || queue?.is_paused) return ["no_worker", {}];
  if (queue?.ahead > 0) return [queue.ahead === 1 ? "behind_one" : "behind", { others: queue.ahead }];
  if (queue?.ahead === 0 && waited_ms < SLOW_MS) return ["next", {}];
  return [waited_ms < SLOW_MS ? "waiting" : "slow", {}];
}

/** How much longer it takes if the queue moves on as it did since the wait began; "" as long as it has not moved. */
function waitHint(first, now) {
  if (!now.ahead || now.ahead >= first.ahead) return "";
  const left_ms = (now.ahead + 1) * ((now.at_ms - first.at_ms) / (first.ahead - now.ahead));
  return message("about_wait", { wait: duration(left_ms / 1000) });
}
