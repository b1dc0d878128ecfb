/** What was typed into the editor of a template, kept in this tab until it is saved: it survives a reload and going back. */

const PREFIX = "inkling.template."; // of each user in this tab; js/common.js clears it when they log out
const OF_SESSION = "csrfmiddlewaretoken"; // which changes from page to page

export class Draft {
  #form;
  #name = `${PREFIX}${document.body.dataset.user}.${location.pathname}${location.search}`;

  constructor(form) {
    this.#form = form;
  }

  /** Keeps the form as it is now. */
  keep() {
    const fields = [...new FormData(this.#form)].filter(([name]) => name !== OF_SESSION);
    try {
      sessionStorage.setItem(this.#name, JSON.stringify(fields));
    } catch {
      // this browser stores nothing: leaving the page is asked about all the same
    }
  }

  /** Forgets what was kept. */
  forget() {
    try {
      sessionStorage.removeItem(this.#name);
    } catch {
      // nothing is stored
    }
  }

  /** What was kept, as the form would send it; null for nothing. */
  read() {
    let fields = null;
    try {
      fields = JSON.parse(sessionStorage.getItem(this.#name));
    } catch {
      // nothing is stored
    }
    if (!fields) return null;
    const body = new FormData();
    body.set(OF_SESSION, this.#form.elements[OF_SESSION].value);
    for (const [name, value] of fields) body.append(name, value);
    return body;
  }
}
