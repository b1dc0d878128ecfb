/** Keeps a drawing over a reload, in this tab only and for the user who drew it; a guest's also over their log-in. */

import { GUEST } from "inkling/outbox";

const PREFIX = "inkling.sheet."; // never renamed: a tab may hold a drawing that an older version stored
const FORMAT = 1;
const USER = "inkling.user";

const keyOf = (user) => PREFIX + user;

/** The drawing that `user` left in this tab, as `saveDrawing` was given it, or null. */
export function loadDrawing(user) {
  try {
    const { form, ...drawing } = JSON.parse(sessionStorage.getItem(keyOf(user)));
    return form === FORMAT ? drawing : null;
  } catch {
    return null; // nothing is stored, or this browser stores nothing
  }
}

/** `drawing`: strokes, cells of the grid, the id of the canvas, whether it `isSent`, and what the page's choices hold. */
export function saveDrawing(user, drawing) {
  try {
    sessionStorage.setItem(keyOf(user), JSON.stringify({ form: FORMAT, ...drawing }));
  } catch {
    clearDrawings(); // storage is full: better no drawing than an outdated one
  }
}

/** Makes a guest's drawing that of `user`, who has logged in, unless it was sent: the page asks about what was. */
export function takeOverDrawing(user) {
  const drawing = loadDrawing(GUEST);
  if (!drawing || drawing.isSent || loadDrawing(user)) return;
  clearDrawings(user); // first, as storage may not hold it twice
  saveDrawing(user, drawing);
}

/** Deletes the drawings of everybody but `user`; without one, of everybody. */
export function clearDrawings(user = "") {
  const own = user && keyOf(user);
  try {
    for (const key of Object.keys(sessionStorage)) {
      if (key.startsWith(PREFIX) && key !== own) sessionStorage.removeItem(key);
    }
  } catch {
    // this browser stores nothing
  }
}

/** Remembers whose page was shown last, for the page that is shown offline; "" for nobody's. */
export function rememberUser(user) {
  try {
    if (user) localStorage.setItem(USER, user);
    else localStorage.removeItem(USER);
  } catch {
    // this browser stores nothing
  }
}

/** Whose page was shown last, or "". */
export function lastUser() {
  try {
    return localStorage.getItem(USER) ?? "";
  } catch {
    return "";
  }
}
