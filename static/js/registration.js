/** Registers the service worker, with which the site has a page of its own while there is no connection. */

import { scriptAddress } from "inkling/trusted";

const WORKER = "/service-worker.js"; // its place decides that it is for the whole site
const { serviceWorker } = navigator; // missing over plain http, except from this machine itself

if (serviceWorker) {
  serviceWorker.register(scriptAddress(WORKER)).catch((fault) => console.info(`No service worker: ${fault}`));
  const network = document.querySelector("[data-network]")?.dataset.network;
  // The page may load the network for previews before the worker is there to keep it.
  if (network && !navigator.connection?.saveData) serviceWorker.ready.then(({ active }) => active.postMessage({ network }));
}
