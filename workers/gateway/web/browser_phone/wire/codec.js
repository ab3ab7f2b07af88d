// One door to both encodings: tells them apart, decodes, encodes, and names the media type.

import { LIMITS, WBXML_TYPES, XML_TYPES } from "./tables.js";
import { WireError } from "./error.js";
import { decodeWbxml } from "./wbxml_reader.js";
import { encodeWbxml } from "./wbxml_writer.js";
import { decodeXml, encodeXml } from "./xml.js";

export { Element } from "./element.js";
export { WireError } from "./error.js";

const CHARSET = /;\s*charset\s*=\s*["']?([A-Za-z0-9._-]{1,40})["']?\s*(?:;|$)/i;

/**
 * The tree of a document, and what each of its bytes is. Throws WireError.
 * @param {Uint8Array} bytes
 * @param {string} [contentType]
 * @returns {{root: import("./element.js").Element, version: string, encoding: "wbxml"|"xml",
 *   spans: import("./wbxml_reader.js").Span[]}}
 */
export function decode(bytes, contentType = "") {
  const encoding = detect(bytes);
  if (bytes.length > LIMITS.MAX_DOCUMENT_BYTES) {
    const limit = LIMITS.MAX_DOCUMENT_BYTES;
    throw new WireError(`document of ${bytes.length} bytes: limit is ${limit} bytes`, limit);
  }
  const charset = CHARSET.exec(contentType)?.[1] ?? null;
  return { encoding, ...(encoding === "wbxml" ? decodeWbxml(bytes, charset) : decodeXml(bytes, charset)) };
}

/**
 * The bytes of a tree.
 * @param {import("./element.js").Element} root
 * @param {string} version
 * @param {"wbxml"|"xml"} encoding
 * @param {boolean} [doctype] whether XML has a DOCTYPE
 * @returns {Uint8Array}
 */
export function encode(root, version, encoding, doctype = false) {
  return encoding === "wbxml" ? encodeWbxml(root, version) : encodeXml(root, version, doctype);
}

/**
 * What a phone of that version calls a document.
 * @param {string} version
 * @param {"wbxml"|"xml"} encoding
 */
export function mediaType(version, encoding) {
  return (encoding === "wbxml" ? WBXML_TYPES : XML_TYPES)[version];
}

/** The body tells; a header may be wrong. @param {Uint8Array} bytes @returns {"wbxml"|"xml"} */
function detect(bytes) {
  if (bytes.length === 0) {
    throw new WireError("empty document", 0);
  }
  if (bytes[0] >= 1 && bytes[0] <= 3) {
    return "wbxml";
  }
  const marks = [[0xef, 0xbb, 0xbf], [0xff, 0xfe], [0xfe, 0xff], [0, 0x3c]];
  const first = bytes.find((byte) => ![9, 10, 11, 12, 13, 32].includes(byte));
  if (first === 0x3c || marks.some((mark) => mark.every((byte, at) => bytes[at] === byte))) {
    return "xml";
  }
  throw new WireError(`neither WBXML nor XML: the document starts with byte ${bytes[0].toString(16)}`, 0);
}
