// WBXML tokens of CSP in the form that the codec looks them up in, built from the tables. The rules are those of onesoup/wire/tokens.py.

import { ATTRIBUTE_STARTS, DATATYPES, NAMESPACES, TAGS, TEXT_INTEGERS, TOKEN_ELEMENTS, VALUES, WBXML_PUBLIC_IDS } from "./tables.js";
import { CSP_VERSIONS, FALLBACK_VERSIONS, canonicalName } from "./names.js";

// Global tokens (WBXML 1.3 section 7.1). Every other byte is a tag: six bits of token, and two flags.
export const SWITCH_PAGE = 0x00;
export const END = 0x01;
export const ENTITY = 0x02;
export const STR_I = 0x03;
export const LITERAL = 0x04;
export const EXT_I = [0x40, 0x41, 0x42];
export const PI = 0x43;
export const EXT_T = [0x80, 0x81, 0x82];
export const STR_T = 0x83;
export const EXT = [0xc0, 0xc1, 0xc2];
export const OPAQUE = 0xc3;
export const HAS_CONTENT = 0x40;
export const HAS_ATTRIBUTES = 0x80;

export const VERSION_OF_PUBLIC_ID = new Map(Object.entries(WBXML_PUBLIC_IDS).map(([version, number]) => [number, version]));
export const UNKNOWN_PUBLIC_ID = 1;
// A document of unknown public id is 1.1: Symbian.
export const VERSION_OF_UNKNOWN = "1.1";
// 1.3 gave this number a second meaning, for the name of a property.
export const HISTORY = 0x3d;

const RENAMED_ELEMENTS = [["CIRURL", "CIRHTTPAddress"], ["BlockUser-Request", "BlockEntity-Request"]];

/**
 * {number: what it means} of one version: its own table, then the others.
 * @param {Record<string, Record<string, string>>} tables
 * @param {string} version
 * @param {(text: string) => string} spelled
 */
function merged(tables, version, spelled) {
  const found = new Map();
  for (const source of [version, ...FALLBACK_VERSIONS]) {
    for (const [number, text] of Object.entries(tables[source])) {
      if (!found.has(Number(number))) {
        found.set(Number(number), spelled(text));
      }
    }
  }
  return found;
}

/** @template T @param {(version: string) => T} make @returns {Record<string, T>} */
function ofEachVersion(make) {
  return Object.fromEntries(CSP_VERSIONS.map((version) => [version, make(version)]));
}

/** By version: page and token to element. */
export const TAG_NAMES = ofEachVersion((version) => merged(TAGS, version, canonicalName));
/** By version: number of a value token to text. */
export const VALUE_TEXTS = ofEachVersion((version) => merged(VALUES, version, (text) => text));

/** @param {number} number @returns {[string, string]} attribute and the start of its value */
export function attributeStart(number) {
  return ATTRIBUTE_STARTS[number] ?? ["", ""];
}

/** mb_u_int32: seven bits a byte, the high bit says that more follow. @param {number} number @returns {number[]} */
export function multiByte(number) {
  const bytes = [number & 0x7f];
  for (let rest = Math.floor(number / 128); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.unshift((rest & 0x7f) | 0x80);
  }
  return bytes;
}

// ---- encoding

/** @param {string} version @returns {Map<string, number>} text to value token */
function valueTokens(version) {
  const found = new Map();
  for (const [number, text] of Object.entries(VALUES[version])) {
    if (!found.has(text)) {
      found.set(text, Number(number));
    }
  }
  return version === "1.3" ? found.set("History", HISTORY) : found;
}

const VALUE_TOKENS = ofEachVersion(valueTokens);

/**
 * The value token that a text becomes in that element and version, undefined where it stays text.
 * @param {string} version
 * @param {string} name
 * @param {string} text
 * @returns {number | undefined}
 */
export function valueToken(version, name, text) {
  const kind = DATATYPES[name];
  if (kind !== "boolean" && kind !== "enum" && !TOKEN_ELEMENTS.includes(name)) {
    return undefined;
  }
  if (name === "Cap" && (text === "SMS" || (text === "IM" && version !== "1.3"))) {
    return text === "SMS" ? 0x75 : 0x68; // their second token there
  }
  if (version === "1.3" && text === (name === "Name" ? "GROUP_ID" : "History")) {
    return undefined;
  }
  return VALUE_TOKENS[version].get(text);
}

/** Whether the text of an element goes out as an opaque number. @param {string} name */
export function isOpaqueInteger(name) {
  return DATATYPES[name] === "integer" && !TEXT_INTEGERS.includes(name);
}

/**
 * Page and token of each element that can be written in a version.
 * @param {string} version
 * @returns {Map<string, number>}
 */
function forms(version) {
  const found = new Map();
  for (const source of [version, ...FALLBACK_VERSIONS]) {
    for (const [number, spelling] of Object.entries(TAGS[source])) {
      const name = canonicalName(spelling);
      if (!found.has(name) && isReadable(version, name, Number(number))) {
        found.set(name, Number(number));
      }
    }
  }
  return found;
}

/** That a decoder of that version finds this element in the token, and not one which took the token over. */
function isReadable(version, name, number) {
  const found = TAG_NAMES[version].get(number);
  return found === name || RENAMED_ELEMENTS.some((pair) => pair.includes(found) && pair.includes(name));
}

const FORMS = ofEachVersion(forms);

/** @param {string} version @param {string} name @returns {number | undefined} */
export function elementToken(version, name) {
  return FORMS[version].get(name);
}

/** The name that a decoder of that version gives to the token of that element; it itself if it has none. */
export function tokenName(version, name) {
  const number = FORMS[version].get(name);
  return number === undefined ? name : TAG_NAMES[version].get(number);
}

/**
 * The xmlns attribute of an element that has one in every document: token, the version inline, END.
 * @param {string} version
 * @param {string} name
 * @returns {number[]}
 */
export function namespaceBytes(version, name) {
  const uri = NAMESPACES[version][name];
  const [number] = Object.entries(ATTRIBUTE_STARTS).find(([, [, prefix]]) => prefix + version === uri);
  return [Number(number), STR_I, ...new TextEncoder().encode(version), 0, END];
}
