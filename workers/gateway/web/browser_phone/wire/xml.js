// CSP as XML text: read strictly, with every door shut, and with the list of what each byte is; written as the server writes it. The
// browser's own reader is not used: it tells no places, and takes entities.

import { LIMITS, NAMESPACES, PUBLIC_IDS, SYSTEM_IDS } from "./tables.js";
import { Element } from "./element.js";
import { WireError } from "./error.js";
import * as names from "./names.js";
import { kindOf, latin1, legalText, normalValue } from "./values.js";

// Encodings that are read, by the names that declarations and Content-Types give them.
const ENCODINGS = {
  "utf-8": "utf-8",
  utf8: "utf-8",
  "us-ascii": "utf-8",
  ascii: "utf-8",
  "iso-8859-1": "latin-1",
  "iso8859-1": "latin-1",
  latin1: "latin-1",
  "utf-16": "utf-16",
};
const ENTITIES = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

const DECLARED = /^\s*<\?xml\s[^>]{0,200}?\bencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']/;
const DECLARATION =
  /^<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(?:"[A-Za-z0-9._:-]*"|'[A-Za-z0-9._:-]*')(?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*(?:"[A-Za-z][A-Za-z0-9._-]*"|'[A-Za-z][A-Za-z0-9._-]*'))?(?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\r\n]*\?>/;
const DOCTYPE =
  /<!DOCTYPE[ \t\r\n]+[A-Za-z_:\u0080-\uffff][-A-Za-z0-9._:\u0080-\uffff]*(?:[ \t\r\n]+(?:PUBLIC[ \t\r\n]+("[-\w \r\n'()+,./:=?;!*#@$%]*"|'[-\w \r\n()+,./:=?;!*#@$%]*')[ \t\r\n]+(?:"[^"]*"|'[^']*')|SYSTEM[ \t\r\n]+(?:"[^"]*"|'[^']*')))?[ \t\r\n]*([[>])/y;
const NAME = /[A-Za-z_:\u0080-\uffff][-A-Za-z0-9._:\u0080-\uffff]*/y;
const SPACE = /[ \t\r\n]*/y;
const REFERENCE = /&(?:#([0-9]+)|#x([0-9A-Fa-f]+)|([^;&<\s]{1,40}));|&/g;
const FORBIDDEN = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;

/**
 * @param {Uint8Array} data
 * @param {string | null} charset that of the Content-Type
 */
export function decodeXml(data, charset) {
  const encoding = encodingOf(data, charset);
  const reader = new XmlReader(...textOf(data, encoding));
  reader.document();
  return { root: reader.top.children[0], version: reader.version(), spans: reader.spans };
}

/** A byte order mark tells, else the declaration, else the Content-Type, else it is UTF-8. */
function encodingOf(data, charset) {
  if ((data[0] === 0xff && data[1] === 0xfe) || (data[0] === 0xfe && data[1] === 0xff)) {
    return "utf-16";
  }
  if (data[0] === 0xef && data[1] === 0xbb && data[2] === 0xbf) {
    return "utf-8";
  }
  if (data[0] === 0 || data[1] === 0) {
    throw new WireError("XML: UTF-16 without a byte order mark", 0);
  }
  const known = (name) => (Object.hasOwn(ENCODINGS, name.toLowerCase()) ? ENCODINGS[name.toLowerCase()] : undefined);
  const said = known(charset ?? "");
  const usable = said && said !== "utf-16" ? said : undefined;
  const declared = DECLARED.exec(latin1(data.subarray(0, 400)));
  if (declared === null) {
    return usable ?? "utf-8";
  }
  const encoding = known(declared[1]);
  if (encoding && encoding !== "utf-16") {
    return encoding;
  }
  if (usable) {
    return usable;
  }
  const why = encoding ? "without a byte order mark" : "is not read here";
  throw new WireError(`XML: encoding ${JSON.stringify(declared[1])} ${why}`, 0);
}

/** The text, without a byte order mark, and a function from a place in it to the offset of the byte. */
function textOf(data, encoding) {
  if (encoding === "latin-1") {
    return [latin1(data), (at) => at];
  }
  const utf16 = encoding === "utf-16";
  const marked = utf16 ? 2 : data[0] === 0xef ? 3 : 0;
  const label = utf16 ? (data[0] === 0xff ? "utf-16le" : "utf-16be") : "utf-8";
  let text;
  try {
    text = new TextDecoder(label, { fatal: true, ignoreBOM: true }).decode(data.subarray(marked));
  } catch {
    throw new WireError(`XML: not well-formed (invalid ${label})`, marked);
  }
  if (utf16) {
    return [text, (at) => (at === 0 ? 0 : marked + 2 * at)];
  }
  const offsets = utf8Offsets(text, marked);
  return [text, (at) => (at === 0 ? 0 : offsets[at])];
}

/** Of each place in a text and its end: the offset of its byte in UTF-8, the first at `start`. */
function utf8Offsets(text, start) {
  const offsets = new Uint32Array(text.length + 1);
  offsets[0] = start;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const surrogate = code >= 0xd800 && code < 0xe000; // two of them are one character of four bytes
    offsets[at + 1] = offsets[at] + (code < 0x80 ? 1 : code < 0x800 || surrogate ? 2 : 3);
  }
  return offsets;
}

class XmlReader {
  /**
   * @param {string} text
   * @param {(at: number) => number} offset
   */
  constructor(text, offset) {
    this.source = text;
    this.offset = offset;
    this.pos = 0;
    this.top = new Element("");
    /** @type {{element: Element, name: string}[]} */
    this.stack = [{ element: this.top, name: "" }];
    /** @type {string[]} */
    this.pieces = [];
    /** @type {Element[]} whose name hangs on the version, which a later element may tell */
    this.renamed = [];
    this.elements = 0;
    this.hasDoctype = false;
    /** @type {string | null} */
    this.publicVersion = null;
    /** @type {Map<string, string>} the first xmlns of each element that carries one */
    this.namespaces = new Map();
    /** @type {import("./wbxml_reader.js").Span[]} */
    this.spans = [];
  }

  // ---- the document

  document() {
    const forbidden = FORBIDDEN.exec(this.source);
    if (forbidden) {
      throw this.error("not well-formed (invalid token)", forbidden.index);
    }
    const declaration = DECLARATION.exec(this.source);
    if (declaration) {
      this.pos = declaration[0].length;
      this.span(0, "header", null, "XML declaration");
    }
    while (this.pos < this.source.length) {
      this.piece();
    }
    if (this.stack.length > 1) {
      throw this.error("document ends inside an element");
    }
    if (this.top.children.length === 0) {
      throw this.error("no element found");
    }
    const version = this.version();
    this.renamed.forEach((element) => (element.name = names.cirAddress(version)));
  }

  /** The namespace of the root, else of the first TransactionContent, else the DOCTYPE, else the default. */
  version() {
    for (const uri of this.namespaces.values()) {
      const version = names.versionOfNamespace(uri);
      if (version) {
        return version;
      }
    }
    return this.publicVersion ?? names.DEFAULT_VERSION;
  }

  piece() {
    const starts = (mark) => this.source.startsWith(mark, this.pos);
    if (!starts("<")) {
      this.text();
    } else if (starts("</")) {
      this.end();
    } else if (starts("<!--")) {
      this.comment();
    } else if (starts("<![CDATA[")) {
      this.cdata();
    } else if (starts("<!DOCTYPE")) {
      this.doctype();
    } else if (starts("<?")) {
      this.instruction();
    } else {
      this.start();
    }
  }

  error(what, at = this.pos) {
    return new WireError(`XML: ${what}`, this.offset(Math.min(at, this.source.length)));
  }

  span(start, kind, element, note, depth = this.stack.length - 1) {
    this.spans.push({ start: this.offset(start), end: this.offset(this.pos), element, kind, depth, note });
  }

  // ---- tags

  start() {
    const at = this.pos++;
    const name = this.match(NAME);
    if (this.stack.length === 1 && this.top.children.length > 0) {
      throw this.error("junk after document element", at);
    }
    const element = new Element(this.elementName(name, at));
    const attributes = this.attributeList();
    const empty = this.source[this.pos] === "/";
    this.pos += empty ? 1 : 0;
    this.expect(">");
    this.count(1 + attributes.length, at);
    if (this.stack.length > LIMITS.MAX_ELEMENT_DEPTH) {
      throw this.error(`elements nest too deep: limit is depth ${LIMITS.MAX_ELEMENT_DEPTH},`, at);
    }
    this.keepAttributes(element, name, attributes);
    this.stack.at(-1).element.children.push(element);
    this.pieces = [];
    this.span(at, "tag", element, element.name);
    if (!empty) {
      this.stack.push({ element, name });
    }
  }

  elementName(name, at) {
    const local = names.localName(name);
    if (!names.isName(local)) {
      throw this.error(`element name ${JSON.stringify(local.slice(0, 40))} is too long or not ASCII`, at);
    }
    return names.canonicalName(local);
  }

  /** @returns {[string, string][]} */
  attributeList() {
    /** @type {[string, string][]} */
    const found = [];
    for (;;) {
      const space = this.match(SPACE);
      if (this.pos >= this.source.length) {
        throw this.error("document ends inside a tag");
      }
      if (this.source[this.pos] === ">" || this.source[this.pos] === "/") {
        return found;
      }
      const at = this.pos;
      const key = space ? this.match(NAME) : "";
      if (!key || found.some(([other]) => other === key)) {
        throw this.error(key ? "duplicate attribute" : "not well-formed (invalid token)", at);
      }
      this.match(SPACE);
      this.expect("=");
      this.match(SPACE);
      found.push([key, this.quoted()]);
    }
  }

  quoted() {
    const quote = this.source[this.pos];
    const from = this.pos + 1;
    const end = quote === '"' || quote === "'" ? this.source.indexOf(quote, from) : -1;
    if (end < 0) {
      throw this.error("not well-formed (invalid token)");
    }
    const raw = this.source.slice(from, end);
    if (raw.includes("<")) {
      throw this.error("not well-formed (invalid token)", from + raw.indexOf("<"));
    }
    const value = this.resolved(raw.replace(/\r\n|[\r\n\t]/g, " "), from);
    this.pos = end + 1;
    return value;
  }

  /** Keeps the namespace of the element, always under the name xmlns, and attributes without a prefix. */
  keepAttributes(element, name, attributes) {
    const own = name.includes(":") ? `xmlns:${name.slice(0, name.lastIndexOf(":"))}` : "xmlns";
    /** @type {Record<string, string>} */
    const found = {};
    for (const [key, value] of attributes) {
      if (key === own) {
        found.xmlns = value;
      } else if (key !== "xmlns" && names.isName(key)) {
        found[key] = value;
      }
    }
    element.attrs = Object.keys(found).length ? found : null;
    if (names.CIR_ADDRESS.includes(element.name)) {
      this.renamed.push(element);
    }
    const telling = names.isNamespaced(element.name) && element.name !== "PresenceSubList";
    if (telling && found.xmlns !== undefined && !this.namespaces.has(element.name)) {
      this.namespaces.set(element.name, found.xmlns);
    }
  }

  end() {
    const at = this.pos;
    this.pos += 2;
    const name = this.match(NAME);
    this.match(SPACE);
    this.expect(">");
    if (this.stack.length === 1 || this.stack.at(-1).name !== name) {
      throw this.error("mismatched tag", at);
    }
    const { element } = this.stack.pop();
    if (element.children.length === 0) {
      element.text = normalValue(kindOf(element.name), this.pieces.join("").replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ""));
    }
    this.pieces = [];
    this.span(at, "end", element, `end of ${element.name}`);
  }

  // ---- what is between tags

  text() {
    const at = this.pos;
    const end = this.source.indexOf("<", at);
    const raw = this.source.slice(at, end < 0 ? this.source.length : end);
    const blank = /^[ \t\r\n]*$/.test(raw);
    if (this.stack.length === 1 && !blank) {
      throw this.error(this.top.children.length ? "junk after document element" : "not well-formed (invalid token)", at);
    }
    if (raw.includes("]]>")) {
      throw this.error("not well-formed (invalid token)", at + raw.indexOf("]]>"));
    }
    const text = this.resolved(lines(raw), at);
    this.pieces.push(text);
    this.pos = at + raw.length;
    if (this.stack.length === 1) {
      this.outside(at);
      return;
    }
    this.span(at, "text", this.open(), blank ? "white space" : `text ${JSON.stringify(text.slice(0, 40))}`);
  }

  /** White space around the root goes with what stands before it. */
  outside(at) {
    const before = this.spans.at(-1);
    if (before) {
      before.end = this.offset(this.pos);
    } else {
      this.span(at, "header", null, "before the document");
    }
  }

  cdata() {
    const at = this.pos;
    const end = this.source.indexOf("]]>", at);
    if (end < 0 || this.stack.length === 1) {
      throw this.error(end < 0 ? "unclosed CDATA section" : "not well-formed (invalid token)", at);
    }
    const text = lines(this.source.slice(at + 9, end));
    this.pieces.push(text);
    this.pos = end + 3;
    this.span(at, "text", this.open(), `text ${JSON.stringify(text.slice(0, 40))}`);
  }

  comment() {
    const at = this.pos;
    const end = this.source.indexOf("--", at + 4);
    if (end < 0 || this.source[end + 2] !== ">") {
      throw this.error("not well-formed (invalid token)", at);
    }
    this.count(1, at);
    this.pos = end + 3;
    this.span(at, this.stack.length > 1 ? "token" : "header", this.open(), "comment");
  }

  instruction() {
    const at = this.pos;
    this.pos += 2;
    const target = this.match(NAME);
    const end = this.source.indexOf("?>", this.pos);
    const separated = end === this.pos || /[ \t\r\n]/.test(this.source[this.pos] ?? "");
    if (end < 0 || !separated || target.toLowerCase() === "xml") {
      throw this.error("XML or text declaration not at start of entity, or an instruction without its end", at);
    }
    this.count(1, at);
    this.pos = end + 2;
    this.span(at, this.stack.length > 1 ? "token" : "header", this.open(), `processing instruction ${target}`);
  }

  doctype() {
    const at = this.pos;
    DOCTYPE.lastIndex = at;
    const found = DOCTYPE.exec(this.source);
    if (!found || this.hasDoctype || this.top.children.length > 0) {
      throw this.error("not well-formed (invalid token)", at);
    }
    if (found[2] === "[") {
      throw this.error("DOCTYPE with an internal subset is refused", at);
    }
    this.hasDoctype = true;
    this.publicVersion = names.versionOfPublicId((found[1] ?? "").slice(1, -1));
    this.pos = at + found[0].length;
    this.span(at, "header", null, `DOCTYPE${this.publicVersion ? `: CSP ${this.publicVersion}` : ""}`);
  }

  open() {
    return this.stack.length > 1 ? this.stack.at(-1).element : null;
  }

  // ---- small things

  /** What the pattern matches here. A name that is not there is an error. */
  match(pattern) {
    pattern.lastIndex = this.pos;
    const found = pattern.exec(this.source);
    if (!found) {
      throw this.error("not well-formed (invalid token)");
    }
    this.pos += found[0].length;
    return found[0];
  }

  expect(char) {
    if (this.source[this.pos] !== char) {
      throw this.error("not well-formed (invalid token)");
    }
    this.pos++;
  }

  count(number, at) {
    this.elements += number;
    if (this.elements > LIMITS.MAX_ELEMENTS) {
      throw this.error(`too many elements: limit is ${LIMITS.MAX_ELEMENTS} elements,`, at);
    }
  }

  resolved(raw, at) {
    return raw.replace(REFERENCE, (whole, decimal, hexadecimal, entity, index) => {
      const code = decimal ? parseInt(decimal, 10) : hexadecimal ? parseInt(hexadecimal, 16) : -1;
      if (entity && Object.hasOwn(ENTITIES, entity)) {
        return ENTITIES[entity];
      }
      if (!isCharacter(code)) {
        throw this.error("entity that is not one of the five of XML is refused", at + index);
      }
      return String.fromCodePoint(code);
    });
  }
}

/** @param {number} code */
function isCharacter(code) {
  const plane = code >= 0x20 && code <= 0xd7ff;
  return code === 9 || code === 10 || code === 13 || plane || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff);
}

/** Line ends as XML has them. @param {string} text */
function lines(text) {
  return text.replace(/\r\n?/g, "\n");
}

// ---- encoding

/**
 * The document with the namespaces of the version.
 * @param {Element} root
 * @param {string} version
 * @param {boolean} doctype
 * @returns {Uint8Array}
 */
export function encodeXml(root, version, doctype) {
  const head = '<?xml version="1.0" encoding="UTF-8"?>';
  const type = doctype ? `<!DOCTYPE WV-CSP-Message PUBLIC "${PUBLIC_IDS[version]}" "${SYSTEM_IDS[version]}">` : "";
  return new TextEncoder().encode(head + type + written(root, NAMESPACES[version]));
}

/**
 * @param {Element} element
 * @param {Record<string, string>} namespaces
 * @returns {string}
 */
function written(element, namespaces) {
  const { name, text, children } = element;
  const attrs = Object.hasOwn(namespaces, name) ? { xmlns: namespaces[name] } : (element.attrs ?? {});
  const start = name + Object.entries(attrs).map(([key, value]) => ` ${key}="${quotedText(value)}"`).join("");
  if (children.length > 0) {
    return `<${start}>${children.map((child) => written(child, namespaces)).join("")}</${name}>`;
  }
  return text ? `<${start}>${escaped(text)}</${name}>` : `<${start}/>`;
}

/** A carriage return goes as a reference, because a reader would make a line feed of it. @param {string} text */
function escaped(text) {
  return legalText(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/\r/g, "&#13;");
}

/** @param {string} value */
function quotedText(value) {
  return escaped(value).replace(/"/g, "&quot;").replace(/\t/g, "&#9;").replace(/\n/g, "&#10;");
}
