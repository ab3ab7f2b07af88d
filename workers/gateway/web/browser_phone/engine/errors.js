// What can go wrong for a phone.

import { STATUS_NAMES } from "./status.js";

/** The server answered with a status code that is no success, or has ended the session with it. */
export class CspError extends Error {
  /**
   * @param {number} code
   * @param {string} [description] what the server says to it
   * @param {string} [what] the request
   */
  constructor(code, description = "", what = "") {
    super([what, code, description || STATUS_NAMES[code]].filter(Boolean).join(" "));
    this.name = "CspError";
    this.code = code;
    this.description = description || STATUS_NAMES[code] || "";
  }
}

/** No answer that a phone can use: no connection, a time-out, an HTTP status that is not 200, bytes that are no document. */
export class TransportError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = "TransportError";
  }
}
