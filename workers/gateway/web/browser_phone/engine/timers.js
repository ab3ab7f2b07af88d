// Waiting, also on a page that nobody looks at.

/** @type {Worker | null} */
let worker = null;
let last = 0;
/** @type {Map<number, () => void>} */
const waiting = new Map();

/** Calls back after so many milliseconds. @param {number} ms @param {() => void} call */
function after(ms, call) {
  if (worker === null) {
    worker = new Worker(new URL("./timer_worker.js", import.meta.url));
    worker.onmessage = ({ data }) => {
      const found = waiting.get(data);
      waiting.delete(data);
      found?.();
    };
  }
  last += 1;
  waiting.set(last, call);
  worker.postMessage({ id: last, ms });
}

/**
 * Returns after so many milliseconds, or at once when the signal is given.
 * @param {number} ms
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
export function sleep(ms, signal) {
  return new Promise((resolve) => {
    const done = () => {
      signal.removeEventListener("abort", done);
      resolve();
    };
    if (signal.aborted || ms <= 0) {
      resolve();
      return;
    }
    signal.addEventListener("abort", done);
    after(ms, done);
  });
}

/**
 * Gives an AbortSignal to some work. It comes after so many milliseconds, or with the other signal.
 * @template T
 * @param {number} ms
 * @param {AbortSignal} signal
 * @param {(limit: AbortSignal) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function within(ms, signal, work) {
  const controller = new AbortController();
  const stop = () => controller.abort();
  signal.addEventListener("abort", stop);
  after(ms, stop);
  try {
    if (signal.aborted) {
      stop();
    }
    return await work(controller.signal);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
