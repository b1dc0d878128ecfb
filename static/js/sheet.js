/** Keeps the sheet that a person draws on over a reload, in this tab only and under their own name. Paints nothing. */

const PREFIX = "inkling.sheet.";
const FORM = 1; // of what is kept; another one is not understood

const nameOf = (user) => PREFIX + user;

/** The sheet that `user` left in this tab, or null. */
export function keptSheet(user) {
  try {
    const { form, strokes, canvas } = JSON.parse(sessionStorage.getItem(nameOf(user)));
    return form === FORM ? { strokes, canvas } : null;
  } catch {
    return null; // nothing is kept, or this browser keeps nothing
  }
}

export function keepSheet(user, { strokes, canvas }) {
  try {
    sessionStorage.setItem(nameOf(user), JSON.stringify({ form: FORM, strokes, canvas }));
  } catch {
    forgetSheets(); // no room: better none than an old one
  }
}

/** Forgets the sheets of everybody but `user`; without one, of everybody. */
export function forgetSheets(user = "") {
  const own = user && nameOf(user);
  try {
    for (const name of Object.keys(sessionStorage)) {
      if (name.startsWith(PREFIX) && name !== own) sessionStorage.removeItem(name);
    }
  } catch {
    // this browser keeps nothing
  }
}
