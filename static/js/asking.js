/** Waits for a reading and says meanwhile, in a `ReadingView`, how it stands: honestly, also where nobody reads. */

import { queueState } from "inkling/api";

const QUICK_MS = 2_900; // until then an answer is on its way; after that people want to know why it is not there
const SLOW_MS = 20_000;

/** An `onWait` for js/api.js that tells `view` what the queue at `url` looks like. */
export function tellQueue(view, url, signal) {
  return async (waited_ms) => {
    if (waited_ms < QUICK_MS) return view.wait("waiting");
    const queue = await queueState(url, signal);
    if (!signal.aborted) view.wait(...sentenceOf(queue, waited_ms));
  };
}

/** The name of a sentence and its values. `queued` counts our own drawing too, unless it is being read just now. */
function sentenceOf(queue, waited_ms) {
  if (queue?.workers === 0) return ["no_worker"];
  const others = (queue?.queued ?? 0) - 1;
  if (others >= 1) return [others === 1 ? "behind_one" : "behind", { others }];
  return [waited_ms < SLOW_MS ? "waiting" : "slow"];
}
