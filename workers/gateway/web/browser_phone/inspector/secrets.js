// What may not be seen by everybody who looks at the wall: passwords and digests, in the tree, in the bytes, in captures.

const SECRET_ELEMENTS = new Set(["Password", "DigestBytes"]);
const VALUES = new Set(["text", "opaque", "token", "integer"]);
const FILLER = 0x78; // x, which is base64 as well
const [STR_I, OPAQUE, ENTITY, STR_T] = [0x03, 0xc3, 0x02, 0x83];
/** Version, public id, character set, length of the string table. */
const HEADERS_BEFORE_STRINGS = 4;
const SASL_STEPS = new Set(["auth", "challenge", "response", "success"]);
export const HIDDEN = "hidden";

/** @typedef {import("../wire/wbxml_reader.js").Span} Span */

/**
 * The spans whose bytes let somebody in. Where one of them names a place in the string table, the strings are secret too.
 * @param {Uint8Array} bytes
 * @param {Span[]} spans
 * @param {"wbxml" | "xml"} encoding
 * @returns {Set<Span>}
 */
export function findSecrets(bytes, spans, encoding) {
  const secrets = spans.filter(({ element, kind }) => element !== null && SECRET_ELEMENTS.has(element.name) && VALUES.has(kind));
  const areInTable = encoding === "wbxml" && secrets.some((span) => bytes[span.start] === STR_T);
  const strings = areInTable ? spans.filter((span) => span.kind === "header").slice(HEADERS_BEFORE_STRINGS) : [];
  return new Set([...secrets, ...strings]);
}

/**
 * The same document with other bytes, as many, where secrets were. It is read as before.
 * @param {Uint8Array} bytes
 * @param {Span[]} spans
 * @param {"wbxml" | "xml"} encoding
 */
export function withoutSecrets(bytes, spans, encoding) {
  const hidden = bytes.slice();
  for (const span of findSecrets(bytes, spans, encoding)) {
    encoding === "xml" ? hidden.fill(FILLER, span.start, span.end) : hideItem(hidden, span);
  }
  return hidden;
}

/** A text item of WBXML keeps its form. @param {Uint8Array} bytes @param {Span} span */
function hideItem(bytes, { kind, start, end }) {
  const first = bytes[start];
  if (kind === "header") {
    hideStrings(bytes, start, end);
  } else if (first === STR_I) {
    bytes.fill(FILLER, start + 1, end - 1);
  } else if (first === OPAQUE) {
    bytes.fill(FILLER, afterNumber(bytes, start + 1), end);
  } else {
    hideNumber(bytes, start + 1, end, first === ENTITY ? FILLER : 0);
  }
}

/** A multi-byte number of the same length. @param {Uint8Array} bytes @param {number} start @param {number} end @param {number} value */
function hideNumber(bytes, start, end, value) {
  bytes.fill(0x80, start, end - 1);
  bytes[end - 1] = value;
}

/** @param {Uint8Array} bytes @param {number} at @returns {number} the offset behind a multi-byte number */
function afterNumber(bytes, at) {
  let place = at;
  while (bytes[place] & 0x80) {
    place += 1;
  }
  return place + 1;
}

/** Strings end where they ended. @param {Uint8Array} bytes @param {number} start @param {number} end */
function hideStrings(bytes, start, end) {
  for (let at = start; at < end; at += 1) {
    bytes[at] = bytes[at] && FILLER;
  }
}

/**
 * A stanza to show: a log-in says no password.
 * @param {Element} stanza
 * @returns {Element} the same one, or a copy with other text
 */
export function stanzaWithoutSecrets(stanza) {
  if (!SASL_STEPS.has(stanza.localName) || !stanza.textContent) {
    return stanza;
  }
  const copy = /** @type {Element} */ (stanza.cloneNode(true));
  copy.textContent = HIDDEN;
  return copy;
}
