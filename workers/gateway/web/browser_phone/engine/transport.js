// Posts documents and tells of each that goes and comes. Knows HTTP and nothing of CSP.

import { TransportError } from "./errors.js";
import { sleep, within } from "./timers.js";

// How long to wait before the same bytes go out again, milliseconds.
const RESEND_AFTER = [1000, 2000, 4000];

/**
 * @typedef {object} DocumentDetail
 * @property {"request"|"response"} direction
 * @property {Uint8Array} bytes
 * @property {string} contentType
 * @property {number} at milliseconds since 1970
 * @property {number} [tookMs] of a response
 * @property {number} [status] HTTP status of a response
 */

export class Transport {
  /**
   * @param {{url: string, fetch: typeof fetch, now: () => number, told: (detail: DocumentDetail) => void,
   *   reached: (yes: boolean) => void}} given `told` hears of each document; `reached` of whether the server answers
   */
  constructor({ url, fetch, now, told, reached }) {
    this.url = url;
    this.fetch = (...given) => fetch(...given); // a browser's own one must not be a method
    this.now = now;
    this.told = told;
    this.reached = reached;
  }

  /**
   * The body of the answer, empty if it is. Without an answer the same bytes go out again, as often as `resends` says: the server
   * carries a request out once. Throws TransportError.
   * @param {Uint8Array} bytes
   * @param {string} contentType
   * @param {{seconds: number, signal: AbortSignal, resends?: number}} limits
   */
  async post(bytes, contentType, { seconds, signal, resends = 0 }) {
    for (let tries = 0; ; tries++) {
      try {
        return await this.#once(bytes, contentType, seconds, signal);
      } catch (error) {
        if (signal.aborted || !(error instanceof NoAnswer) || tries >= resends) {
          throw error;
        }
        await sleep(RESEND_AFTER[Math.min(tries, RESEND_AFTER.length - 1)], signal);
      }
    }
  }

  async #once(bytes, contentType, seconds, signal) {
    const began = this.now();
    this.told({ direction: "request", bytes, contentType, at: began });
    const [response, body] = await within(seconds * 1000, signal, (limit) => this.#answer(bytes, contentType, limit, signal));
    const at = this.now();
    const type = response.headers.get("Content-Type") ?? "";
    this.told({ direction: "response", bytes: body, contentType: type, at, tookMs: at - began, status: response.status });
    this.reached(true);
    if (response.status !== 200) {
      throw new TransportError(`HTTP ${response.status}`);
    }
    return { bytes: body, contentType: type };
  }

  /** @returns {Promise<[Response, Uint8Array]>} */
  async #answer(bytes, contentType, limit, stopped) {
    try {
      const response = await this.fetch(this.url, {
        method: "POST",
        body: bytes,
        headers: { "Content-Type": contentType },
        signal: limit,
        cache: "no-store",
        credentials: "omit",
        redirect: "error",
        referrerPolicy: "no-referrer",
      });
      return [response, new Uint8Array(await response.arrayBuffer())];
    } catch {
      if (!stopped.aborted) {
        this.reached(false);
      }
      throw new NoAnswer(limit.aborted ? "the server does not answer in time" : "the server cannot be reached");
    }
  }
}

/** Nothing came back: the request may be sent again. */
class NoAnswer extends TransportError {}
