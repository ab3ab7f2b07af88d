// WBXML (WAP-192, WBXML 1.3) as CSP uses it: a tree to bytes.

import { WBXML_PUBLIC_IDS } from "./tables.js";
import { WireError } from "./error.js";
import { canonicalName, isName, isNamespaced } from "./names.js";
import { legalText } from "./values.js";
import * as tokens from "./tokens.js";

const UTF_8 = 106;
const MAX_UINT32 = 0xffffffff;

/**
 * The document in that version: its tokens, its public id, its namespaces, a string table of names that no version has.
 * @param {import("./element.js").Element} root
 * @param {string} version
 * @returns {Uint8Array}
 */
export function encodeWbxml(root, version) {
  const writer = new WbxmlWriter(version);
  writer.write(root);
  const head = [3, ...tokens.multiByte(WBXML_PUBLIC_IDS[version]), ...tokens.multiByte(UTF_8)];
  return Uint8Array.from([...head, ...tokens.multiByte(writer.table.length), ...writer.table, ...writer.out]);
}

class WbxmlWriter {
  /** @param {string} version */
  constructor(version) {
    this.version = version;
    this.page = 0;
    /** @type {number[]} */
    this.out = [];
    /** @type {number[]} the string table */
    this.table = [];
    /** @type {Map<string, number>} where in it each name is */
    this.places = new Map();
  }

  /** @param {import("./element.js").Element} element */
  write(element) {
    const hasContent = element.children.length > 0 || element.text !== "";
    const known = this.open(element, hasContent);
    if (element.children.length > 0) {
      element.children.forEach((child) => this.write(child));
    } else if (hasContent) {
      this.text(known, element.text);
    }
    if (hasContent) {
      this.out.push(tokens.END);
    }
  }

  /**
   * Writes the start of an element. Returns its name in the tables, "" where this version has no such element.
   * @param {import("./element.js").Element} element
   * @param {boolean} hasContent
   */
  open(element, hasContent) {
    const spelled = tokens.elementToken(this.version, element.name) === undefined ? canonicalName(element.name) : element.name;
    const number = tokens.elementToken(this.version, spelled);
    const attributes = isNamespaced(spelled) ? tokens.namespaceBytes(this.version, spelled) : this.attributes(element.attrs);
    const flags = (hasContent ? tokens.HAS_CONTENT : 0) | (attributes.length ? tokens.HAS_ATTRIBUTES : 0);
    if (number === undefined) {
      this.out.push(tokens.LITERAL | flags, ...this.literal(element.name), ...attributes);
      return "";
    }
    if (number >> 8 !== this.page) {
      this.page = number >> 8;
      this.out.push(tokens.SWITCH_PAGE, this.page);
    }
    this.out.push((number & 0x3f) | flags, ...attributes);
    return spelled;
  }

  /**
   * @param {string} name
   * @param {string} text
   */
  text(name, text) {
    const token = tokens.valueToken(this.version, name, text);
    if (token !== undefined) {
      this.out.push(tokens.EXT_T[0], ...tokens.multiByte(token));
    } else if (tokens.isOpaqueInteger(name) && isUint32(text)) {
      const bytes = shortest(Number(text));
      this.out.push(tokens.OPAQUE, bytes.length, ...bytes);
    } else {
      this.inline(text);
    }
  }

  /** @param {string} text */
  inline(text) {
    this.out.push(tokens.STR_I);
    for (const byte of new TextEncoder().encode(legalText(text))) {
      this.out.push(byte); // one by one: a picture has more than a call takes arguments
    }
    this.out.push(0);
  }

  /**
   * @param {Record<string, string> | null} attrs
   * @returns {number[]}
   */
  attributes(attrs) {
    const entries = Object.entries(attrs ?? {});
    const bytes = entries.flatMap(([name, value]) => [
      tokens.LITERAL,
      ...this.literal(name),
      tokens.STR_I,
      ...new TextEncoder().encode(legalText(value)),
      0,
    ]);
    return entries.length ? [...bytes, tokens.END] : [];
  }

  /** Where a name stands in the string table. @param {string} name @returns {number[]} */
  literal(name) {
    if (!isName(name)) {
      throw new WireError(`${JSON.stringify(name.slice(0, 40))} is no name that can be written`);
    }
    if (!this.places.has(name)) {
      this.places.set(name, this.table.length);
      this.table.push(...new TextEncoder().encode(name), 0);
    }
    return tokens.multiByte(this.places.get(name));
  }
}

/** @param {string} text */
function isUint32(text) {
  return /^[0-9]{1,10}$/.test(text) && Number(text) <= MAX_UINT32;
}

/** Big endian, 0 is one byte. @param {number} number @returns {number[]} */
function shortest(number) {
  const bytes = [number % 256];
  for (let rest = Math.floor(number / 256); rest > 0; rest = Math.floor(rest / 256)) {
    bytes.unshift(rest % 256);
  }
  return bytes;
}
