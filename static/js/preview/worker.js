/** The worker that js/preview.js starts: loads the modules of this folder and the network, then reads drawings. */

let reader = null;

/** `modules`: addresses of the other modules of this folder, since a worker has no import map. */
async function load({ modules, network }) {
  const [response, ...parts] = await Promise.all([
    fetch(network, { priority: "low" }),
    ...modules.map((address) => import(address)),
  ]);
  if (!response.ok) throw new Error(`The network could not be loaded: ${response.status}.`);
  const found = Object.assign({}, ...parts);
  reader = new found.PreviewReader(found, await response.arrayBuffer());
  reader.warmUp();
}

addEventListener("message", ({ data }) => {
  if (reader) return postMessage({ turn: data.turn, result: reader.read(data) });
  load(data).then(
    () => postMessage({ isReady: true }),
    (fault) => postMessage({ fault: String(fault) }),
  );
});
