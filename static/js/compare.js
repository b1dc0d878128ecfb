/** Two models side by side, in the office: the page looks again until a worker has compared them. */

const LOOK_AGAIN_MS = 2000;

setTimeout(() => location.reload(), LOOK_AGAIN_MS);
