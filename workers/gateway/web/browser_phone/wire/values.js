// Texts of typed elements: each value has one form in the tree, whichever of its forms was on the wire.

import { BOOLEAN_TEXTS, DATATYPES } from "./tables.js";

// What XML 1.0 cannot carry, and what makes a text look like another one: controls of ISO 8859 and of the direction of writing.
const ILLEGAL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x80-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]+/gu;
const BASE64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/;
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenientUtf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** "string" for an element in no table. @param {string} name @returns {string} */
export function kindOf(name) {
  return Object.hasOwn(DATATYPES, name) ? DATATYPES[name] : "string";
}

/** The text without what XML cannot carry and without what no phone may be shown. @param {string} text */
export function legalText(text) {
  return text.replace(ILLEGAL, "");
}

/** The text without white space at its ends. @param {string} text */
export function trimmed(text) {
  return text.replace(/^[^\S\uFEFF]+|[^\S\uFEFF]+$/g, "");
}

/**
 * The one form of a value that came as text: 007 is 7, true is T. What is no such value stays as it is.
 * @param {string} kind
 * @param {string} text
 */
export function normalValue(kind, text) {
  if (kind === "integer" && /^[0-9]+$/.test(trimmed(text))) {
    return trimmed(text).replace(/^0+(?=.)/, "");
  }
  if (kind === "boolean") {
    return booleanText(text) ?? text;
  }
  return text;
}

/** @param {string} text @returns {string | undefined} */
function booleanText(text) {
  const word = trimmed(text).toLowerCase();
  return Object.hasOwn(BOOLEAN_TEXTS, word) ? BOOLEAN_TEXTS[word] : undefined;
}

/** @param {Uint8Array} bytes */
export function bigEndian(bytes) {
  return bytes.reduce((number, byte) => number * 256 + byte, 0);
}

/** An opaque truth value: one of its texts, else its first byte. @param {Uint8Array} bytes */
export function opaqueBoolean(bytes) {
  const text = bytes.length < 8 ? booleanText(latin1(bytes)) : undefined;
  return text ?? (bytes[0] ? "T" : "F");
}

/** Six bytes of packed fields as YYYYMMDDThhmmss and the letter of the zone. @param {Uint8Array} bytes */
export function opaqueDateTime(bytes) {
  const bits = bytes.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);
  const field = (shift, width, digits) => String((bits >> BigInt(shift)) & ((1n << BigInt(width)) - 1n)).padStart(digits, "0");
  const zone = String.fromCharCode(bytes[5]);
  const date = field(34, 12, 4) + field(30, 4, 2) + field(25, 5, 2);
  return `${date}T${field(20, 5, 2)}${field(14, 6, 2)}${field(8, 6, 2)}${/^[A-IK-Z]$/.test(zone) ? zone : ""}`;
}

/**
 * Opaque ContentData: text if it is text, else BASE64. ContentType and ContentEncoding stand beside it, or in the MessageInfo
 * before it.
 * @param {Uint8Array} bytes
 * @param {import("./element.js").Element} parent
 */
export function opaqueContent(bytes, parent) {
  const info = parent.find("MessageInfo") ?? parent;
  if (info.textOf("ContentEncoding").toUpperCase() === "BASE64") {
    const text = latin1(bytes);
    return BASE64.test(text) ? text : toBase64(bytes);
  }
  const type = info.textOf("ContentType");
  const text = decodeUtf8(bytes);
  const isText = type ? type.toLowerCase().startsWith("text/") : !text.includes("\ufffd");
  return isText ? text : toBase64(bytes);
}

/** Opaque DirectContent: BASE64, as it stands in text, or the bytes of a picture themselves. @param {Uint8Array} bytes */
export function opaqueDirectContent(bytes) {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return toBase64(bytes);
  }
}

/**
 * UTF-8 as phones write it: a character above U+FFFF may come as two surrogates of three bytes each. A single surrogate and broken
 * bytes become U+FFFD.
 * @param {Uint8Array} bytes
 */
export function decodeUtf8(bytes) {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return halves(bytes)?.replace(/\p{Surrogate}/gu, "\ufffd") ?? lenientUtf8.decode(bytes);
  }
}

/**
 * UTF-8 with surrogates in it, each as its own code unit: JavaScript joins the pairs. Null where anything else is wrong.
 * @param {Uint8Array} bytes
 */
function halves(bytes) {
  let text = "";
  let from = 0;
  try {
    for (let at = 0; at + 2 < bytes.length; at++) {
      if (bytes[at] === 0xed && bytes[at + 1] >= 0xa0 && bytes[at + 1] <= 0xbf && (bytes[at + 2] & 0xc0) === 0x80) {
        text += strictUtf8.decode(bytes.subarray(from, at));
        text += String.fromCharCode(0xd000 | ((bytes[at + 1] & 0x3f) << 6) | (bytes[at + 2] & 0x3f));
        from = at + 3;
        at += 2;
      }
    }
    return text + strictUtf8.decode(bytes.subarray(from));
  } catch {
    return null;
  }
}

/**
 * Text in one of the character sets of the tables, by its name there.
 * @param {Uint8Array} bytes
 * @param {string} charset
 */
export function decodeText(bytes, charset) {
  if (charset === "utf-8") {
    return decodeUtf8(bytes);
  }
  if (charset === "ascii") {
    return latin1(bytes).replace(/[\x80-\xff]/g, "\ufffd");
  }
  if (charset === "latin-1") {
    return latin1(bytes);
  }
  if (charset.startsWith("iso8859")) {
    // Browsers take some of these for sets of Windows, which have characters where ISO has controls. No text keeps a control.
    return new TextDecoder(charset).decode(bytes.filter((byte) => byte < 0x80 || byte > 0x9f));
  }
  return new TextDecoder(charset.replace("_jp", "-jp").replace("_kr", "-kr")).decode(bytes);
}

/** ISO 8859-1 as it is: browsers take its name for a set of Windows. @param {Uint8Array} bytes */
export function latin1(bytes) {
  let text = "";
  for (const byte of bytes) {
    text += String.fromCharCode(byte);
  }
  return text;
}

/** @param {Uint8Array} bytes */
export function toBase64(bytes) {
  return btoa(latin1(bytes));
}

/** @param {string} text @returns {Uint8Array} Throws where it is no BASE64. */
export function fromBase64(text) {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
