// WV-CSP-Message: the session and the transaction around a primitive. Values only.

import { Element } from "../wire/codec.js";

/**
 * The document of one transaction of a phone.
 * @param {{sessionId: string | null, mode: "Request" | "Response", tid: string | null, content: Element}} given `tid`: null leaves
 *   the element out
 * @returns {Element}
 */
export function writeMessage({ sessionId, mode, tid, content }) {
  const session = Element.of(
    "SessionDescriptor",
    Element.of("SessionType", sessionId === null ? "Outband" : "Inband"),
    sessionId === null ? null : Element.of("SessionID", sessionId),
  );
  const transaction = Element.of(
    "TransactionDescriptor",
    Element.of("TransactionMode", mode),
    tid === null ? null : Element.of("TransactionID", tid),
  );
  const inner = Element.of("Transaction", transaction, Element.of("TransactionContent", content));
  return Element.of("WV-CSP-Message", Element.of("Session", session, inner));
}

/**
 * @typedef {object} Transaction
 * @property {"Request"|"Response"} mode
 * @property {string} tid
 * @property {Element} content the primitive
 */

/**
 * What a document of the server says. `more`: its Poll flag, wherever the version has it.
 * @param {Element} root
 * @returns {{more: boolean, transaction: Transaction | null}}
 */
export function readMessage(root) {
  const session = root.find("Session");
  const transaction = session?.find("Transaction") ?? null;
  const descriptor = transaction?.find("TransactionDescriptor");
  const more = session?.textOf("Poll") === "T" || descriptor?.textOf("Poll") === "T";
  const content = transaction?.find("TransactionContent")?.children[0];
  if (!content) {
    return { more, transaction: null };
  }
  const mode = descriptor?.textOf("TransactionMode") === "Response" ? "Response" : "Request";
  return { more, transaction: { mode, tid: descriptor?.textOf("TransactionID") ?? "", content } };
}
