/**
 * Drawings that could not be sent: kept in this browser, each for the user who drew it, until they are sent or deleted.
 *
 * Every function is one transaction, so of two tabs that claim a drawing at the same moment one gets it. A drawing's
 * `key` is its Idempotency-Key: it was made before the drawing was first sent and never changes.
 */

const DATABASE = "inkling";
const STORE = "outbox";
const FLAG = "inkling.outbox"; // set while anything is kept, so that pages need not open the database to know
const CLAIM_MS = 15_000; // sending one is seldom slower; if it is, its key keeps it from being stored twice
export const GUEST = "guest"; // who draws without an account
const GUESTS_KEPT_MS = 3_600_000; // as long as the service keeps what guests draw

const tabs = new BroadcastChannel("inkling.outbox");

/** Whether anything may be kept here, of anybody. */
export function isAnythingKept() {
  try {
    return localStorage.getItem(FLAG) !== null;
  } catch {
    return false; // this browser stores nothing
  }
}

/**
 * Keeps a drawing of `user` in the API's form. It takes the place of an earlier one of the same canvas that is not being
 * sent. Rejects if this browser stores nothing.
 */
export function keepDrawing(user, key, drawing) {
  localStorage.setItem(FLAG, "yes");
  return change((kept, store) => {
    for (const one of kept) if (isOf(one, user, drawing.canvas) && !isClaimed(one)) store.delete(one.key);
    store.put({ key, user, drawing, keptAt: Date.now(), claimedUntil: 0, problem: null });
  });
}

/** What is kept for `user`, the oldest first: {key, drawing, keptAt, problem: null or {code, message, retryAt}}. */
export function listKept(user) {
  return inStore("readonly", (kept) => inOrder(kept, user));
}

/**
 * Claims the next drawing of `user` to send, for this tab alone, or null. Without `key`, one that was refused is left
 * until its `retryAt`, or for good.
 */
export function claimNext(user, key = null) {
  return inStore("readwrite", (kept, store) => {
    const isDue = ({ problem }) => !problem || (problem.retryAt !== null && problem.retryAt <= Date.now());
    const next = inOrder(kept, user).find((one) => !isClaimed(one) && (key ? one.key === key : isDue(one)));
    if (!next) return null;
    store.put({ ...next, claimedUntil: Date.now() + CLAIM_MS });
    return next;
  });
}

/** Gives a claimed drawing back, with the `problem` that there was, or null. */
export function releaseKept(key, problem = null) {
  return change((kept, store) => {
    const found = kept.find((one) => one.key === key);
    if (found) store.put({ ...found, claimedUntil: 0, problem }); // else it was deleted meanwhile
  });
}

/** Forgets a drawing: it was sent, or its owner deletes it. */
export function forgetKept(key) {
  return change((_, store) => store.delete(key));
}

/** Forgets the drawings of a canvas, of which a newer state was sent. */
export function forgetCanvas(user, canvas) {
  if (!isAnythingKept()) return Promise.resolve();
  return change((kept, store) => {
    for (const one of kept) if (isOf(one, user, canvas) && !isClaimed(one)) store.delete(one.key);
  });
}

/** Deletes the drawings of everybody. */
export function clearOutbox() {
  return change((_, store) => store.clear());
}

/** Makes what a guest kept here the drawings of `user`, who has logged in, and deletes those of other users. */
export function takeOverOutbox(user) {
  return change((kept, store) => {
    for (const one of kept) {
      if (one.user === GUEST && !isExpired(one)) store.put({ ...one, user, problem: null });
      else if (one.user !== user) store.delete(one.key);
    }
  });
}

/** How many drawings of users, not guests, are kept: another user's log-in deletes them. */
export function countOfUsers() {
  return inStore("readonly", (kept) => kept.filter(({ user }) => user !== GUEST).length);
}

/** Calls `listener(sent)` when another tab has changed what is kept; `sent` as that tab gave it to `tellTabs`. */
export function onOutboxChange(listener) {
  tabs.addEventListener("message", ({ data }) => listener(data.sent));
}

/** Tells the other tabs what was sent. */
export function tellTabs(sent = null) {
  tabs.postMessage({ sent });
}

function isOf(one, user, canvas) {
  return one.user === user && one.drawing.canvas === canvas;
}

function isClaimed({ claimedUntil }) {
  return claimedUntil > Date.now();
}

function isExpired({ user, keptAt }) {
  return user === GUEST && keptAt < Date.now() - GUESTS_KEPT_MS;
}

function inOrder(kept, user) {
  return kept.filter((one) => one.user === user && !isExpired(one)).sort((a, b) => a.keptAt - b.keptAt);
}

/** Changes the store, drops what has expired, and tells the other tabs. */
async function change(act) {
  await inStore("readwrite", (kept, store) => {
    for (const one of kept) if (isExpired(one)) store.delete(one.key);
    act(kept, store);
    store.count().onsuccess = ({ target }) => {
      if (target.result === 0) localStorage.removeItem(FLAG);
      else localStorage.setItem(FLAG, "yes"); // another tab may have removed it meanwhile
    };
  });
  tellTabs();
}

/** Resolves to what `act(kept, store)` returns, once its transaction is complete. */
async function inStore(mode, act) {
  const database = await openDatabase();
  try {
    return await new Promise((resolve, reject) => {
      let result;
      const transaction = database.transaction(STORE, mode);
      transaction.oncomplete = () => resolve(result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
      const store = transaction.objectStore(STORE);
      store.getAll().onsuccess = ({ target }) => (result = act(target.result, store));
    });
  } finally {
    database.close(); // an open one would keep other tabs from deleting it
  }
}

function openDatabase() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "key" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
