/**
 * The service worker: while there is no connection, it answers for the site with a page of its own.
 *
 * It keeps that page, the static files of that page and the network for previews, all of which are the same for
 * everybody. Other pages, the API and every other address always come from the network and are never kept.
 */

const { version, page, files, areHashed } = {{ settings|safe }};

const FILES = `inkling-files-${version}`;
const NETWORKS = "inkling-networks";
const NETWORK = /^\/model\/[0-9a-f]{64}\/browser-\d+\.bin$/;
const kept = new Set(files);

addEventListener("install", (event) => {
  skipWaiting(); // pages go on with the files that they have loaded
  event.waitUntil(keepFiles());
});

addEventListener("activate", (event) => event.waitUntil(Promise.all([dropOldFiles(), clients.claim()])));

// A page names the network that it loaded before this worker was there to keep it.
addEventListener("message", (event) => {
  const { origin, pathname, href } = new URL(event.data.network, location.href);
  if (origin === location.origin && NETWORK.test(pathname)) event.waitUntil(network(href));
});

addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname, search } = new URL(request.url);
  if (origin !== location.origin) return;
  if (request.mode === "navigate") return event.respondWith(fetch(request).catch(() => ownPage()));
  if (request.method !== "GET" || search) return;
  if (kept.has(pathname)) event.respondWith(areHashed ? fromCache(request) : fromNetwork(request));
  else if (NETWORK.test(pathname)) event.respondWith(network(request.url));
});

async function keepFiles() {
  const cache = await caches.open(FILES);
  const fresh = new Request(page, { cache: "reload", credentials: "omit" });
  await cache.addAll([fresh, ...files.map((url) => new Request(url, { cache: areHashed ? "default" : "reload" }))]);
}

async function dropOldFiles() {
  const old = (await caches.keys()).filter((name) => name !== FILES && name !== NETWORKS);
  await Promise.all(old.map((name) => caches.delete(name)));
}

async function ownPage() {
  return (await caches.match(page, { cacheName: FILES, ignoreVary: true })) ?? Response.error();
}

/** A file whose name changes with its contents. */
async function fromCache(request) {
  return (await findFile(request)) ?? fetch(request);
}

/** A file whose name does not change with its contents: the kept one may be outdated. */
async function fromNetwork(request) {
  try {
    return await fetch(request);
  } catch (fault) {
    const found = await findFile(request);
    if (found) return found;
    throw fault;
  }
}

function findFile({ url }) {
  return caches.match(url, { cacheName: FILES, ignoreVary: true });
}

/** The network of a version, whose address is its checksum. Only the one that was asked for last is kept. */
async function network(url) {
  const cache = await caches.open(NETWORKS);
  const found = await cache.match(url);
  if (found) return found;
  const response = await fetch(url);
  if (response.ok) {
    await cache.put(url, response.clone());
    for (const other of await cache.keys()) if (other.url !== url) await cache.delete(other);
  }
  return response;
}
