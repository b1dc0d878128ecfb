/** The comparison of two models: reload the page until a worker has finished it. */

const RELOAD_MS = 2000;

setTimeout(() => location.reload(), RELOAD_MS);
