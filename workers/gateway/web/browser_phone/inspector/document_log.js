// The documents that passed, in one time order, and what each is called. Bounded: the oldest go.

import { decode } from "../wire/codec.js";

export const MAX_DOCUMENTS = 500;
export const MAX_BYTES = 16 * 1024 * 1024;
const POLL = "Polling-Request";
/** Phases of a client that sends no more. */
const ENDS = new Set(["off", "ended"]);

/**
 * @typedef {object} LoggedDocument
 * @property {number} id
 * @property {string} label of the phone
 * @property {"request" | "response"} direction
 * @property {Uint8Array} bytes
 * @property {string} contentType
 * @property {number} at ms since 1970
 * @property {number | null} tookMs
 * @property {number | null} status of HTTP
 * @property {number | null} requestId of a response: the `id` of what it answers
 * @property {string} name of its primitives
 * @property {string} text the first text of a message in it
 * @property {string} error why it cannot be read, "" when it can
 * @property {boolean} [isOver] of a request: its client ended before the answer came
 */

/**
 * @typedef {{kind: "document", id: string, document: LoggedDocument}
 *   | {kind: "polls", id: string, label: string, at: number, count: number, isWaiting: boolean}} Row
 */

/** Event `change` after each document. */
export class DocumentLog extends EventTarget {
  constructor() {
    super();
    /** @type {LoggedDocument[]} */
    this.documents = [];
    this.dropped = 0;
    this.size = 0;
    this.lastId = 0;
    /** @type {Set<number>} requests that have their answer */
    this.answered = new Set();
  }

  /** @param {EventTarget & {state?: any}} client @param {string} label */
  follow(client, label) {
    client.addEventListener("document", (event) => this.add(label, /** @type {CustomEvent} */ (event).detail));
    client.addEventListener("state", () => ENDS.has(client.state?.phase) && this.stop(label));
  }

  /** Its client has ended: nothing of this phone is under way. @param {string} label */
  stop(label) {
    const open = this.documents.filter((each) => each.label === label && each.direction === "request" && !this.answered.has(each.id));
    open.forEach((each) => (each.isOver = true));
    if (open.length > 0) {
      this.dispatchEvent(new CustomEvent("change"));
    }
  }

  /** @param {string} label @param {any} detail of the client's event */
  add(label, { direction, bytes, contentType = "", at, tookMs = null, status = null }) {
    const requestId = direction === "response" ? this.requestOf(label, at - (tookMs ?? 0)) : null;
    this.keep({ label, direction, bytes, contentType, at, tookMs, status, requestId, ...described(bytes, contentType) });
  }

  /**
   * The request of a response: the one that went at that time, since a poll may be held while others go; else the last one.
   * @param {string} label @param {number} began
   */
  requestOf(label, began) {
    const open = this.documents.filter((each) => each.label === label && each.direction === "request" && !this.answered.has(each.id));
    const found = open.find((each) => each.at === began) ?? open.at(-1);
    if (found) {
      this.answered.add(found.id);
    }
    return found?.id ?? null;
  }

  /** What is described already: something that is no document of CSP. @param {Omit<LoggedDocument, "id">} passed */
  keep(passed) {
    this.lastId += 1;
    insert(this.documents, { id: this.lastId, ...passed });
    this.size += passed.bytes.length;
    while (this.documents.length > MAX_DOCUMENTS || this.size > MAX_BYTES) {
      const oldest = this.documents.shift();
      this.size -= oldest?.bytes.length ?? 0;
      this.answered.delete(oldest?.id ?? 0);
      this.dropped += 1;
    }
    this.dispatchEvent(new CustomEvent("change"));
  }

  clear() {
    this.documents = [];
    this.answered.clear();
    this.size = 0;
    this.dropped = 0;
    this.dispatchEvent(new CustomEvent("change"));
  }
}

/** Puts something in its place in time; of two at one time the one that came first stays first. @param {{at: number}[]} list */
export function insert(list, added) {
  let place = list.length;
  while (place > 0 && list[place - 1].at > added.at) {
    place -= 1;
  }
  list.splice(place, 0, added);
}

/** @param {Uint8Array} bytes @param {string} contentType */
function described(bytes, contentType) {
  if (bytes.length === 0) {
    return { name: "empty answer", text: "", error: "" };
  }
  try {
    const { root } = decode(bytes, contentType);
    return { name: primitives(root).join(", ") || root.name, text: messageText(root), error: "" };
  } catch (error) {
    return { name: "unreadable", text: "", error: String(error instanceof Error ? error.message : error) };
  }
}

/** The names of all primitives of a message. @param {import("../wire/element.js").Element} root */
export function primitives(root) {
  const transactions = root.find("Session")?.all("Transaction") ?? [];
  return transactions.flatMap((each) => each.find("TransactionContent")?.children ?? []).map((each) => each.name);
}

/** What is said in the first message, "picture" for a picture. @param {import("../wire/element.js").Element} root */
function messageText(root) {
  const content = root.at("Session", "Transaction", "TransactionContent")?.children[0];
  const data = content?.textOf("ContentData") ?? "";
  const kind = content?.textOf("MessageInfo", "ContentType") ?? "";
  if (data && kind.startsWith("image/")) {
    return "picture";
  }
  return !kind || kind.startsWith("text/") ? data : "";
}

/**
 * Rows to show: polls that brought nothing are counted in one row of their phone, where they began, until something else passes.
 * @param {LoggedDocument[]} documents in their order
 * @returns {Row[]}
 */
export function foldPolls(documents) {
  const { empty, waiting } = emptyPolls(documents);
  /** @type {Row[]} */
  const rows = [];
  /** @type {Map<string, any>} */
  const open = new Map();
  for (const each of documents) {
    if (waiting.has(each) || (empty.has(each) && each.direction === "request")) {
      countPoll(each, waiting.has(each), rows, open);
    } else if (!empty.has(each)) {
      rows.push({ kind: "document", id: `d${each.id}`, document: each });
      open.clear();
    }
  }
  return rows;
}

/** @param {LoggedDocument} poll @param {boolean} isWaiting @param {Row[]} rows @param {Map<string, any>} open */
function countPoll(poll, isWaiting, rows, open) {
  let row = open.get(poll.label);
  if (!row) {
    row = { kind: "polls", id: `p${poll.id}`, label: poll.label, at: poll.at, count: 0, isWaiting: false };
    open.set(poll.label, row);
    rows.push(row);
  }
  row.count += isWaiting ? 0 : 1;
  row.isWaiting = isWaiting;
}

/** Requests and answers of polls that brought nothing; the last poll of each phone, while it waits. @param {LoggedDocument[]} documents */
function emptyPolls(documents) {
  const empty = new Set();
  const polls = new Map(documents.filter((each) => each.name === POLL).map((each) => [each.id, each]));
  /** @type {Map<string, LoggedDocument>} */
  const last = new Map();
  for (const each of documents) {
    const poll = each.requestId === null ? undefined : polls.get(each.requestId);
    if (each.name === POLL) {
      last.set(each.label, each);
    } else if (poll && last.get(each.label) === poll) {
      last.delete(each.label);
    }
    if (poll && each.bytes.length === 0 && each.status === 200) {
      empty.add(poll).add(each);
    }
  }
  return { empty, waiting: new Set([...last.values()].filter((each) => !each.isOver)) };
}

/** @param {{count: number, isWaiting: boolean}} row */
export function pollWords({ count, isWaiting }) {
  const done = count === 1 ? "1 empty poll" : `${count} empty polls`;
  return count === 0 ? "a poll under way" : done + (isWaiting ? ", one under way" : "");
}
