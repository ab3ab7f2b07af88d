// The session of a phone with the server: documents out and in, one transaction after the other. Knows no single request.

import { WireError, decode, encode, mediaType } from "../wire/codec.js";
import { resultOf } from "./answers.js";
import { readMessage, writeMessage } from "./envelope.js";
import { CspError, TransportError } from "./errors.js";
import { Transport } from "./transport.js";

/** @typedef {import("../wire/codec.js").Element} Element */
/** @typedef {import("./envelope.js").Transaction} Transaction */

// Any answer with one of these ends the session.
const SESSION_OVER = [600, 601, 604];
// How many transactions the state shows.
const SHOWN_TRANSACTIONS = 30;
const RESENDS = 3;

/**
 * @typedef {object} State
 * @property {"off"|"logging-in"|"on"|"ended"} phase
 * @property {string} step what the log-in does now
 * @property {boolean} connected whether the server answers
 * @property {string | null} sessionId
 * @property {string} csp version
 * @property {"wbxml"|"xml"} encoding
 * @property {number | null} keepAlive seconds
 * @property {number} pollEvery seconds
 * @property {string[]} services
 * @property {{tid: string, primitive: string, direction: "phone"|"server", state: "open"|"done"|"failed", at: number}[]} transactions
 *   the last ones; `direction` is who began it
 */

/** Runs one piece of work after the other. */
class Lane {
  #last = Promise.resolve();

  /** @template T @param {() => Promise<T>} work @returns {Promise<T>} */
  run(work) {
    const result = this.#last.then(work);
    this.#last = result.then(() => undefined, () => undefined);
    return result;
  }
}

/** The transactions of one phone. Emits `document`, `state`, `ended`, and `more` when the server says that more waits. */
export class Session extends EventTarget {
  /**
   * @param {{url: string, handset: import("./handsets.js").Handset, fetch?: typeof fetch, now?: () => number}} given
   */
  constructor({ url, handset, fetch = window.fetch, now = Date.now }) {
    super();
    this.handset = handset;
    this.now = now;
    this.style = { handset, version: handset.version };
    const told = (detail) => this.emit("document", detail);
    this.transport = new Transport({ url, fetch, now, told, reached: (yes) => this.#reached(yes) });
    /** @type {State} */
    this.state = this.#stateBefore();
    // Requests go one at a time. A held poll has a lane of its own, unless the handset sends nothing meanwhile.
    this.requestLane = new Lane();
    this.pollLane = handset.serial ? this.requestLane : new Lane();
    // The end of the session, and the end of its polls.
    this.running = new AbortController();
    this.polling = new AbortController();
    /** Whether the server has said that more waits. */
    this.more = false;
    this.lastTid = 0;
  }

  #stateBefore() {
    const { version: csp, encoding } = this.handset;
    const fresh = { sessionId: null, keepAlive: null, pollEvery: 10, services: [], transactions: [] };
    return { phase: "off", step: "", connected: true, csp, encoding, ...fresh };
  }

  /** Begins anew. What ran before ends. */
  begin() {
    this.#stop();
    this.running = new AbortController();
    this.polling = new AbortController();
    this.more = false;
    this.update({ ...this.#stateBefore(), phase: "logging-in" });
  }

  /** @param {string} name @param {object} [detail] */
  emit(name, detail = {}) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  /** @param {Partial<State>} changes */
  update(changes) {
    Object.assign(this.state, changes);
    this.emit("state", this.state);
  }

  #reached(connected) {
    if (this.state.connected !== connected) {
      this.update({ connected });
    }
  }

  // ---- requests

  nextTid() {
    this.lastTid += 1;
    const { tid, tidLast } = this.handset;
    return tid.replace("{}", String(tidLast ? ((this.lastTid - 1) % tidLast) + 1 : this.lastTid));
  }

  /**
   * The answer to a request. Throws CspError when it is a refusal or ends the session, TransportError when none comes.
   * @param {Element} content
   * @param {{tid?: string, outband?: boolean, resends?: number, accept?: number[]}} [options] `accept`: codes beside 200 that are
   *   no refusal
   * @returns {Promise<Element>}
   */
  async request(content, { tid = this.nextTid(), outband = false, resends = RESENDS, accept = [] } = {}) {
    const running = this.running;
    const record = this.#record(tid, content.name, "phone");
    try {
      const message = { sessionId: outband ? null : this.state.sessionId, mode: /** @type {const} */ ("Request"), tid, content };
      const transaction = await this.requestLane.run(() => this.exchange(message, this.handset.timeout, running.signal, resends));
      if (transaction?.mode !== "Response" || transaction.tid !== tid) {
        throw new TransportError(`${content.name}: the answer belongs to something else`);
      }
      this.#settle(record, "done");
      this.#refuse(transaction.content, content.name, accept);
      return transaction.content;
    } catch (error) {
      this.#settle(record, record.state === "done" ? "done" : "failed");
      throw error;
    }
  }

  /** Throws for a code that is no success. */
  #refuse(answer, what, accept) {
    const result = resultOf(answer);
    if (result && result.code !== 200 && !accept.includes(result.code)) {
      throw new CspError(result.code, result.description, what);
    }
  }

  // ---- polls and answers to the server

  /**
   * The next transaction of the server, null where nothing waits.
   * @param {Element} content
   * @returns {Promise<Transaction | null>}
   */
  async poll(content) {
    const { pollTid, pollTimeout } = this.handset;
    this.more = false;
    return this.#incoming({ mode: "Request", tid: pollTid, content }, pollTimeout);
  }

  /**
   * Answers a transaction of the server. Returns the next one if the reply carries it.
   * @param {Transaction} transaction
   * @param {Element} content
   * @returns {Promise<Transaction | null>}
   */
  async answer(transaction, content) {
    const next = await this.#incoming({ mode: "Response", tid: transaction.tid, content }, this.handset.timeout);
    this.#settle(this.state.transactions.find((each) => each.tid === transaction.tid && each.direction === "server"), "done");
    return next;
  }

  async #incoming(given, seconds) {
    const { signal } = this.polling;
    const message = { sessionId: this.state.sessionId, ...given };
    const transaction = await this.pollLane.run(() => this.exchange(message, seconds, signal, 0));
    if (transaction?.mode === "Response") {
      this.#refuse(transaction.content, given.content.name, []);
      return null;
    }
    if (transaction) {
      this.#record(transaction.tid, transaction.content.name, "server");
    }
    return transaction;
  }

  // ---- documents

  /** A message as this phone writes it. @param {Parameters<typeof writeMessage>[0]} message */
  document(message) {
    const { version } = this.style;
    const { encoding } = this.handset;
    return { bytes: encode(writeMessage(message), version, encoding), type: mediaType(version, encoding) };
  }

  /**
   * One document out, one in. Null for an empty answer. CspError when it ends the session.
   * @param {{sessionId: string | null, mode: "Request"|"Response", tid: string | null, content: Element}} message
   * @param {number} seconds
   * @param {AbortSignal} signal
   * @param {number} resends
   * @returns {Promise<Transaction | null>}
   */
  async exchange(message, seconds, signal, resends) {
    if (signal.aborted) {
      throw new TransportError("the session is over");
    }
    const { bytes, type } = this.document(message);
    const reply = await this.transport.post(bytes, type, { seconds, signal, resends });
    if (reply.bytes.length === 0) {
      return null;
    }
    const { more, transaction } = readMessage(rootOf(reply));
    this.more ||= more;
    if (more) {
      this.emit("more");
    }
    if (transaction && !signal.aborted) {
      this.#checkOver(transaction.content, message.content.name);
    }
    return transaction;
  }

  #checkOver(content, what) {
    const result = resultOf(content);
    const ends = content.name === "Disconnect" || (SESSION_OVER.includes(result?.code ?? 0) && content.name !== "Login-Response");
    if (!ends || what === "Logout-Request" || what === "Login-Request") {
      return;
    }
    const error = new CspError(result?.code ?? 200, result?.description, content.name);
    this.end("ended");
    this.emit("ended", { code: error.code, description: error.description });
    throw error;
  }

  /** Nothing is sent any more. @param {"off"|"ended"} phase */
  end(phase) {
    this.#stop();
    this.update({ phase, step: "", sessionId: null });
  }

  #stop() {
    this.polling.abort();
    this.running.abort();
  }

  // ---- what the state shows

  #record(tid, primitive, direction) {
    const record = { tid, primitive, direction, state: /** @type {"open"|"done"|"failed"} */ ("open"), at: this.now() };
    this.update({ transactions: [...this.state.transactions, record].slice(-SHOWN_TRANSACTIONS) });
    return record;
  }

  #settle(record, state) {
    if (record) {
      record.state = state;
      this.emit("state", this.state);
    }
  }
}

/** @param {{bytes: Uint8Array, contentType: string}} reply */
function rootOf({ bytes, contentType }) {
  try {
    return decode(bytes, contentType).root;
  } catch (error) {
    if (error instanceof WireError) {
      throw new TransportError(`the answer cannot be read: ${error.message}`);
    }
    throw error;
  }
}
