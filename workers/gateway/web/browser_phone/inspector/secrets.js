// What may not be seen by everybody who looks at the wall: passwords and digests, in the tree, in the bytes, in captures.

const SECRET_ELEMENTS = new Set(["Password", "DigestBytes"]);
const VALUES = new Set(["text", "opaque", "token", "integer"]);
const FILLER = 0x78; // x, which is base64 as well
const [STR_I, OPAQUE, ENTITY, STR_T] = [0x03, 0xc3, 0x02, 0x83];
const SASL_STEPS = new Set(["auth", "challenge", "response", "success"]);
export const HIDDEN = "hidden";

/** @typedef {import("../wire/wbxml_reader.js").Span} Span */

/** Whether the bytes of a span let somebody in. @param {Span} span */
export function isSecret(span) {
  return span.element !== null && SECRET_ELEMENTS.has(span.element.name) && VALUES.has(span.kind);
}

/**
 * The same document with other bytes, as many, where secrets were. It is read as before.
 * @param {Uint8Array} bytes
 * @param {Span[]} spans
 * @param {"wbxml" | "xml"} encoding
 */
export function withoutSecrets(bytes, spans, encoding) {
  const secrets = spans.filter(isSecret);
  if (secrets.length === 0) {
    return bytes;
  }
  const hidden = bytes.slice();
  for (const span of secrets) {
    encoding === "xml" ? hidden.fill(FILLER, span.start, span.end) : hideItem(hidden, span, spans);
  }
  return hidden;
}

/** A text item of WBXML keeps its form. @param {Uint8Array} bytes @param {Span} span @param {Span[]} spans */
function hideItem(bytes, { start, end }, spans) {
  const first = bytes[start];
  if (first === STR_I) {
    bytes.fill(FILLER, start + 1, end - 1);
  } else if (first === OPAQUE) {
    bytes.fill(FILLER, afterNumber(bytes, start + 1), end);
  } else {
    hideNumber(bytes, start + 1, end, first === ENTITY ? FILLER : 0);
    if (first === STR_T) {
      hideStringTable(bytes, spans);
    }
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

/** The last part of the header. @param {Uint8Array} bytes @param {Span[]} spans */
function hideStringTable(bytes, spans) {
  const table = spans.findLast((span) => span.kind === "header");
  for (let at = table ? afterNumber(bytes, table.start) : 0; table && at < table.end; at += 1) {
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
