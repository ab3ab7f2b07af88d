// What the codec throws.

/** The bytes break the encoding. `offset` says where, null where no place is to blame. */
export class WireError extends Error {
  /**
   * @param {string} what
   * @param {number | null} [offset]
   */
  constructor(what, offset = null) {
    super(offset === null ? what : `${what} at offset ${offset}`);
    this.name = "WireError";
    this.offset = offset;
  }
}
