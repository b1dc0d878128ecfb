/** What a reviewer has entered and the server has not confirmed: kept in this browser, under the reviewer. */

const PREFIX = "inkling.review.";
const memory = new Map(); // for browsers that store nothing: then it lasts as long as the page

const prefixOf = (user) => `${PREFIX}${user}.`;
let last = 0; // entries are in the order of `at`, also those of one millisecond

/** Keeps an entry: {kind, key, drawing, text}. */
export function keepEntry(user, entry) {
  last = Math.max(last + 0.001, Date.now());
  const name = `${prefixOf(user)}${entry.kind}.${entry.key}`;
  const text = JSON.stringify({ ...entry, at: last });
  try {
    localStorage.setItem(name, text);
  } catch {
    memory.set(name, text); // storage is full, or there is none
  }
}

/** Forgets an entry that the server has confirmed. */
export function forgetEntry(user, { kind, key }) {
  remove(`${prefixOf(user)}${kind}.${key}`);
}

/** The entries of `user`, the oldest first. */
export function keptEntries(user) {
  const own = names().filter((name) => name.startsWith(prefixOf(user)));
  const entries = own.map((name) => JSON.parse(memory.get(name) ?? localStorage.getItem(name)));
  return entries.filter(Boolean).sort((a, b) => a.at - b.at); // another tab may just have removed one
}

/** How many entries of `user` are kept, at little cost. */
export function countEntries(user) {
  return names().filter((name) => name.startsWith(prefixOf(user))).length;
}

/** Deletes the entries of everybody but `user`; without one, of everybody. */
export function clearEntries(user = "") {
  for (const name of names()) if (!user || !name.startsWith(prefixOf(user))) remove(name);
}

/** Whether an entry may be lost with this page. */
export function isVolatile() {
  return memory.size > 0;
}

function names() {
  try {
    return [...memory.keys(), ...Object.keys(localStorage).filter((name) => name.startsWith(PREFIX))];
  } catch {
    return [...memory.keys()];
  }
}

function remove(name) {
  memory.delete(name);
  try {
    localStorage.removeItem(name);
  } catch {
    // this browser stores nothing
  }
}
