/** While pictures wait to be sent: asks before the page is left, and tells when the connection is back. */

/** Asks before the page is left while `isUnsent()`, until `signal` ends it. After a log-out nothing may stay. */
export function askBeforeLeaving(isUnsent, signal) {
  let isLoggedOut = false;
  document.addEventListener("inkling:logged-out", () => (isLoggedOut = true), { signal, capture: true });
  addEventListener("beforeunload", (event) => !isLoggedOut && isUnsent() && event.preventDefault(), { signal });
}

/** Asks the API by `ask`; if it cannot be reached, `onReturn` is called once the connection is back. */
export async function askOrAwaitReturn(ask, onReturn, signal) {
  try {
    return await ask();
  } catch (problem) {
    if (problem.code === "offline") addEventListener("online", onReturn, { signal, once: true });
    throw problem;
  }
}
