/** Shows what the queue looks like while a reading is awaited. */

import { queueState } from "inkling/api";

const QUICK_MS = 2_900; // most readings arrive sooner, so the queue is not asked about
const SLOW_MS = 20_000;

/** Returns an `onWait` for js/api.js that shows on `view` the state of the queue at `url`. */
export function showQueue(view, url, signal) {
  return async (waited_ms) => {
    if (waited_ms < QUICK_MS) return view.wait("waiting");
    const queue = await queueState(url, signal);
    if (!signal.aborted) view.wait(...messageFor(queue, waited_ms));
  };
}

/** The name of a message and its values. `queued` counts this drawing too, unless it is being read. */
function messageFor(queue, waited_ms) {
  if (queue?.workers === 0) return ["no_worker"];
  const others = (queue?.queued ?? 0) - 1;
  if (others >= 1) return [others === 1 ? "behind_one" : "behind", { others }];
  return [waited_ms < SLOW_MS ? "waiting" : "slow"];
}
