/** The only doors through which text becomes a script or a page, where the browser knows Trusted Types. */

const policy = globalThis.trustedTypes?.createPolicy("inkling", {
  createHTML: (text) => text, // of `parsePage` alone
  createScriptURL(address) {
    if (new URL(address, location.href).origin === location.origin) return address;
    throw new TypeError(address);
  },
});

/** The address of a script of this site, for a worker. */
export const scriptAddress = (address) => policy?.createScriptURL(address) ?? address;

/** A page of this site as a document: its scripts run neither there nor in parts of it that are shown. */
export const parsePage = (text) =>
  new DOMParser().parseFromString(policy?.createHTML(text) ?? text, "text/html");
