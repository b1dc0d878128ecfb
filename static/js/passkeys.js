/** Forms that make or use a passkey: data-passkey says which, data-options or data-options-url has what the browser is
 * asked. They are shown only where the browser can do it. */

import { message } from "inkling/messages";

const FAULTS = {
  AbortError: "passkey_canceled",
  InvalidStateError: "passkey_exists",
  NotAllowedError: "passkey_canceled",
  QuotaExceededError: "passkey_too_many",
};
const BINARY = ["attestationObject", "authenticatorData", "clientDataJSON", "signature", "userHandle"];
const isAddress = /^[\d.]+$|:/.test(location.hostname); // browsers make no passkeys for IP addresses
const canUse = Boolean(window.PublicKeyCredential && navigator.credentials) && !isAddress;

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.hidden = !canUse;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    use(form);
  });
}
for (const notice of document.querySelectorAll("[data-no-passkeys]")) notice.hidden = canUse;

/** Let the browser make or use a passkey, and send its answer with the form. */
async function use(form) {
  const button = form.querySelector("button[type=submit]");
  if (button.getAttribute("aria-busy")) return;
  button.setAttribute("aria-busy", "true");
  say(form, null);
  try {
    const { publicKey } = await optionsOf(form);
    const asked = { publicKey: decoded(publicKey) };
    const credential = await navigator.credentials[form.dataset.passkey === "create" ? "create" : "get"](asked);
    form.elements.credential.value = JSON.stringify(encoded(credential));
    form.submit();
  } catch (fault) {
    say(form, fault instanceof TypeError ? "passkey_offline" : (FAULTS[fault.name] ?? "passkey_failed"));
    console.info(`No passkey: ${fault}`);
  }
  button.removeAttribute("aria-busy");
}

async function optionsOf(form) {
  if (form.dataset.options) return JSON.parse(form.dataset.options);
  const response = await fetch(form.dataset.optionsUrl, { headers: { Accept: "application/json" } });
  if (response.status === 429) throw new DOMException("too many", "QuotaExceededError");
  return (await response.json()).request_options;
}

function say(form, name) {
  const place = form.querySelector("[data-passkey-says]");
  place.textContent = name && message(name);
  place.hidden = !name;
}

/** What the browser is asked, with bytes where JSON has base64url. */
function decoded(publicKey) {
  const given = { ...publicKey, challenge: bytes(publicKey.challenge) };
  if (given.user) given.user = { ...given.user, id: bytes(given.user.id) };
  for (const list of ["allowCredentials", "excludeCredentials"]) {
    if (given[list]) given[list] = given[list].map((key) => ({ ...key, id: bytes(key.id) }));
  }
  return given;
}

/** The browser's answer as JSON, with base64url where it has bytes. */
function encoded(credential) {
  const response = {};
  for (const part of BINARY) if (credential.response[part]) response[part] = base64url(credential.response[part]);
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  const clientExtensionResults = credential.getClientExtensionResults();
  return { id: credential.id, rawId: base64url(credential.rawId), type: credential.type, response, clientExtensionResults };
}

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
const base64url = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
