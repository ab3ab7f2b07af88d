// WBXML (WAP-192, WBXML 1.3) as CSP uses it: bytes to a tree, and to the list of what each byte is. The rules are those of
// onesoup/wire/wbxml_reader.py.

import { CHARSETS, CHARSETS_OF_HTTP, LIMITS } from "./tables.js";
import { Element } from "./element.js";
import { WireError } from "./error.js";
import * as names from "./names.js";
import * as tokens from "./tokens.js";
import * as values from "./values.js";

/**
 * @typedef {object} Span What some bytes of a document are. Spans stand in order, and leave no byte out.
 * @property {number} start
 * @property {number} end
 * @property {Element | null} element whose bytes they are
 * @property {"header"|"page"|"tag"|"end"|"text"|"opaque"|"token"|"integer"|"attribute"} kind
 * @property {number} depth
 * @property {string} note for people
 */

/**
 * @param {Uint8Array} data
 * @param {string | null} charset what HTTP says, for a document that leaves it open
 */
export function decodeWbxml(data, charset) {
  const reader = new WbxmlReader(data, charset);
  reader.header();
  const root = reader.body();
  if (reader.pos < data.length) {
    const from = reader.pos;
    reader.pos = data.length;
    reader.span(from, "opaque", null, `${data.length - from} bytes behind the document, not read`);
  }
  return { root, version: reader.version, spans: reader.spans };
}

class WbxmlReader {
  /**
   * @param {Uint8Array} data
   * @param {string | null} charset
   */
  constructor(data, charset) {
    this.data = data;
    this.pos = 0;
    const said = (charset ?? "").toLowerCase();
    this.charset = Object.hasOwn(CHARSETS_OF_HTTP, said) ? CHARSETS_OF_HTTP[said] : "utf-8";
    this.version = names.DEFAULT_VERSION;
    this.strings = new Uint8Array();
    this.page = 0;
    this.attributePage = 0;
    this.elements = LIMITS.MAX_ELEMENTS;
    this.items = LIMITS.MAX_TEXT_ITEMS;
    this.characters = LIMITS.MAX_DOCUMENT_BYTES - data.length;
    this.namedBy = "";
    /** @type {Element[]} the open elements; the first is no element of the document */
    this.stack = [new Element("")];
    /** @type {string[]} the text items of the open element */
    this.pieces = [];
    /** @type {Span[]} */
    this.spans = [];
  }

  // ---- bytes

  byte() {
    if (this.pos >= this.data.length) {
      throw new WireError("document ends inside an element", this.data.length);
    }
    return this.data[this.pos++];
  }

  number() {
    const at = this.pos;
    let value = 0;
    for (let count = 0; count < 5; count++) {
      const byte = this.byte();
      value = value * 128 + (byte & 0x7f);
      if (byte < 0x80) {
        if (value > 0xffffffff) {
          break;
        }
        return value;
      }
    }
    throw new WireError("multi-byte integer beyond 32 bits", at);
  }

  inline() {
    const at = this.pos;
    const end = this.data.indexOf(0, at);
    if (end < 0) {
      throw new WireError("inline string without its NUL", at);
    }
    this.pos = end + 1;
    return values.decodeText(this.data.subarray(at, end), this.charset);
  }

  opaqueBytes(what = "opaque data") {
    const at = this.pos;
    const length = this.number();
    if (length > this.data.length - this.pos) {
      throw new WireError(`${what} of ${length} bytes runs beyond the document`, at);
    }
    this.pos += length;
    return this.data.subarray(this.pos - length, this.pos);
  }

  fromTable() {
    const at = this.pos;
    const index = this.number();
    if (index >= this.strings.length) {
      throw new WireError(`string table offset ${index} is outside the table of ${this.strings.length} bytes`, at);
    }
    const end = this.strings.indexOf(0, index);
    const bytes = this.strings.subarray(index, end < 0 ? this.strings.length : end);
    this.spend(bytes.length, at);
    return values.decodeText(bytes, this.charset);
  }

  entity() {
    const at = this.pos;
    const code = this.number();
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
      throw new WireError(`entity ${code.toString(16)} is no character`, at);
    }
    return String.fromCodePoint(code);
  }

  // ---- limits and spans

  count(at) {
    if (--this.elements < 0) {
      throw new WireError(`too many elements: limit is ${LIMITS.MAX_ELEMENTS} elements,`, at);
    }
  }

  spend(characters, at) {
    this.characters -= characters;
    if (this.characters < 0) {
      throw new WireError(`too much text: limit is ${LIMITS.MAX_DOCUMENT_BYTES} characters of decoded text,`, at);
    }
  }

  /** What stands from `start` to here. */
  span(start, kind, element, note, depth = this.stack.length - 1) {
    this.spans.push({ start, end: this.pos, element, kind, depth, note });
  }

  // ---- header

  header() {
    const wbxml = this.byte();
    if (wbxml < 1 || wbxml > 3) {
      throw new WireError(`WBXML version byte ${hex(wbxml)} is none of 01, 02, 03`, 0);
    }
    this.span(0, "header", null, `WBXML 1.${wbxml}`);
    const publicId = this.number();
    const index = publicId === 0 ? this.number() : null;
    this.span(1, "header", null, ""); // its note comes with the string table
    const publicSpan = this.spans[1];
    this.charsetOf();
    this.strings = this.stringTable();
    this.version = this.publicVersion(publicId, index);
    if (this.pos >= this.data.length) {
      this.byte(); // says that the document ends
    }
    if ((this.data[this.pos] & 0x3f) === 0x3e && !this.hasUsualHeader(publicId)) {
      this.version = "1.0"; // its root; no element of any other version
    }
    publicSpan.note = `public id ${index === null ? `0x${hex(publicId)}` : "in the string table"}: CSP ${this.version}`;
  }

  stringTable() {
    const at = this.pos;
    const strings = this.opaqueBytes("string table");
    const end = this.pos;
    this.pos -= strings.length;
    this.span(at, "header", null, strings.length ? `string table of ${strings.length} bytes` : "no string table");
    const from = this.pos;
    this.pos = end;
    if (strings.length) {
      this.span(from, "header", null, `strings ${shown(values.decodeText(strings, this.charset))}`);
    }
    return strings;
  }

  /** The four bytes that nearly every phone sends, and after which the server looks at no root. */
  hasUsualHeader(publicId) {
    const [wbxml, , charset, table] = this.data;
    const version = tokens.VERSION_OF_PUBLIC_ID.get(publicId);
    return this.pos === 4 && wbxml === 3 && charset === 106 && table === 0 && version !== undefined && version !== "1.0";
  }

  charsetOf() {
    const at = this.pos;
    const mib = this.number();
    if (mib && !CHARSETS[mib]) {
      throw new WireError(`character set ${mib} (MIBenum) is not read here`, at);
    }
    this.charset = mib ? CHARSETS[mib] : this.charset;
    this.span(at, "header", null, `character set ${mib ? this.charset : `not said, so ${this.charset}`}`);
  }

  publicVersion(publicId, index) {
    if (index === null) {
      const unknown = publicId === tokens.UNKNOWN_PUBLIC_ID ? tokens.VERSION_OF_UNKNOWN : names.DEFAULT_VERSION;
      return tokens.VERSION_OF_PUBLIC_ID.get(publicId) ?? unknown;
    }
    if (index >= this.strings.length) {
      throw new WireError(`string table offset ${index} of the public id is outside the table`, 1);
    }
    const end = this.strings.indexOf(0, index);
    const text = values.latin1(this.strings.subarray(index, end < 0 ? this.strings.length : end));
    return names.versionOfPublicId(text) ?? names.DEFAULT_VERSION;
  }

  // ---- elements

  /** @returns {Element} the root */
  body() {
    for (;;) {
      const at = this.pos;
      const token = this.byte();
      if (token === tokens.END) {
        if (this.end(at)) {
          return this.stack[0].children[0];
        }
      } else if (token === tokens.SWITCH_PAGE) {
        this.count(at);
        this.page = this.byte();
        this.span(at, "page", null, `page ${this.page}`);
      } else if ((token & 0x3f) < tokens.LITERAL) {
        this.item(token, at);
      } else if (this.tag(token, at)) {
        return this.stack[0].children[0];
      }
    }
  }

  /** Whether that was the root's. */
  end(at) {
    if (this.stack.length === 1) {
      throw new WireError("END before the root element", at);
    }
    const element = this.stack.pop();
    this.span(at, "end", element, `end of ${element.name}`);
    if (this.pieces.length > 0 && element.children.length === 0) {
      element.text = values.normalValue(values.kindOf(element.name), values.legalText(this.pieces.join("")));
    }
    this.pieces = [];
    return this.stack.length === 1;
  }

  /** Whether that was a root without content. */
  tag(token, at) {
    const element = new Element(this.tagName(token));
    this.count(at);
    this.pieces = [];
    if (this.stack.length > LIMITS.MAX_ELEMENT_DEPTH) {
      throw new WireError(`elements nest too deep: limit is depth ${LIMITS.MAX_ELEMENT_DEPTH},`, at);
    }
    this.stack.at(-1).children.push(element);
    this.span(at, "tag", element, element.name);
    if (token & tokens.HAS_ATTRIBUTES) {
      const found = this.attributes(element);
      element.attrs = Object.keys(found).length ? found : null;
      this.takeVersion(found.xmlns, element.name);
    }
    if (token & tokens.HAS_CONTENT) {
      this.stack.push(element);
      return false;
    }
    return this.stack.length === 1;
  }

  tagName(token) {
    const code = token & 0x3f;
    if (code !== tokens.LITERAL) {
      return tokens.TAG_NAMES[this.version].get((this.page << 8) | code) ?? `unknown-${hex(this.page)}-${hex(code)}`;
    }
    const at = this.pos;
    const name = names.localName(this.fromTable());
    if (!names.isName(name)) {
      throw new WireError(`literal element name ${JSON.stringify(name.slice(0, 40))} is no name`, at);
    }
    return tokens.tokenName(this.version, names.canonicalName(name));
  }

  /** A text item, a processing instruction or an extension, inside the open element. */
  item(token, at) {
    if (--this.items < 0) {
      throw new WireError(`text in too many pieces: limit is ${LIMITS.MAX_TEXT_ITEMS} text items,`, at);
    }
    const parent = this.stack.at(-1);
    const open = this.stack.length > 1 ? parent : null;
    if (token === tokens.PI) {
      const before = this.spans.length;
      this.attributes(open);
      this.spans.length = before; // one span for all of it
      this.span(at, "token", open, "processing instruction, not used");
      return;
    }
    if (tokens.EXT_I.includes(token) || tokens.EXT.includes(token) || (tokens.EXT_T.includes(token) && token !== tokens.EXT_T[0])) {
      this.extension(token);
      this.span(at, "token", open, "extension, not used");
      return;
    }
    const [kind, text, note] = this.value(token, parent, at);
    if (!open) {
      throw new WireError("text before the root element", at);
    }
    this.span(at, kind, open, note);
    if (text && parent.children.length === 0) {
      this.pieces.push(text);
    }
  }

  /** @returns {[string, string, string]} kind of span, text, note */
  value(token, parent, at) {
    if (token === tokens.STR_I) {
      const text = this.inline();
      return ["text", text, `text ${shown(text)}`];
    }
    if (token === tokens.STR_T) {
      const text = this.fromTable();
      return ["text", text, `text of the string table ${shown(text)}`];
    }
    if (token === tokens.ENTITY) {
      const text = this.entity();
      return ["text", text, `character ${shown(text)}`];
    }
    if (token === tokens.OPAQUE) {
      return this.opaque(this.opaqueBytes(), parent.name, this.stack.at(-2) ?? parent, at);
    }
    const number = this.number();
    const text = this.valueText(number, parent.name);
    this.spend(text.length, at);
    return ["token", text, `value token: ${text || `unknown, 0x${hex(number)}`}`];
  }

  valueText(number, name) {
    if (number === tokens.HISTORY && this.version === "1.3" && name === "Name") {
      return "History";
    }
    return tokens.VALUE_TEXTS[this.version].get(number) ?? "";
  }

  opaque(bytes, name, parent, at) {
    const kind = values.kindOf(name);
    if (kind === "integer") {
      if (bytes.length > 4) {
        throw new WireError(`${name}: integer of ${bytes.length} bytes`, at);
      }
      const text = String(values.bigEndian(bytes));
      return ["integer", text, `integer ${text}`];
    }
    const text = this.opaqueText(bytes, name, kind, parent, at);
    return ["opaque", text, `${bytes.length} bytes ${shown(text)}`];
  }

  opaqueText(bytes, name, kind, parent, at) {
    if (kind === "boolean") {
      return values.opaqueBoolean(bytes);
    }
    if (kind === "datetime" && bytes.length === 6) {
      return values.opaqueDateTime(bytes);
    }
    if (kind !== "content" && name !== "DirectContent") {
      return values.decodeText(bytes, this.charset);
    }
    const text = kind === "content" ? values.opaqueContent(bytes, parent) : values.opaqueDirectContent(bytes);
    this.spend(Math.max(text.length - bytes.length, 0), at);
    return text;
  }

  /** Reads over an extension token: CSP has no use for them. */
  extension(token) {
    if (tokens.EXT_I.includes(token)) {
      this.inline();
    } else if (tokens.EXT_T.includes(token)) {
      this.number();
    }
  }

  // ---- attributes

  /**
   * An attribute list with its END.
   * @param {Element | null} element
   * @returns {Record<string, string>}
   */
  attributes(element) {
    /** @type {Record<string, string>} */
    const found = {};
    const depth = this.stack.length;
    let name = "";
    let pieces = [];
    let from = this.pos;
    for (;;) {
      const at = this.pos;
      const token = this.byte();
      const begins = token === tokens.END || (token >= tokens.LITERAL && token < 0x40) || (token > 0x44 && token < 0x80);
      const value = values.legalText(pieces.join(""));
      if ((begins || token === tokens.SWITCH_PAGE) && at > from) {
        const note = `${name || "attribute"}=${shown(value)}`;
        this.spans.push({ start: from, end: at, element, kind: "attribute", depth, note });
      }
      if (token === tokens.SWITCH_PAGE) {
        this.count(at);
        this.attributePage = this.byte();
        this.span(at, "page", element, `attribute page ${this.attributePage}`, depth);
        from = this.pos;
      } else if (begins) {
        if (names.isName(name)) {
          found[name] = value;
        }
        if (token === tokens.END) {
          this.span(at, "end", element, "end of attributes", depth);
          return found;
        }
        this.count(at);
        [name, pieces] = this.attributeStart(token);
        from = at;
      } else {
        pieces.push(this.attributeValue(token));
      }
    }
  }

  /** @returns {[string, string[]]} */
  attributeStart(token) {
    if (token === tokens.LITERAL) {
      return [this.fromTable(), []];
    }
    const [name, prefix] = tokens.attributeStart((this.attributePage << 8) | token);
    this.spend(prefix.length, this.pos);
    return [name, [prefix]];
  }

  attributeValue(token) {
    if (token === tokens.STR_I) {
      return this.inline();
    }
    if (token === tokens.STR_T) {
      return this.fromTable();
    }
    if (token === tokens.ENTITY) {
      return this.entity();
    }
    if (token === tokens.OPAQUE) {
      return values.decodeText(this.opaqueBytes(), this.charset);
    }
    if (tokens.EXT_I.includes(token) || tokens.EXT_T.includes(token) || tokens.EXT.includes(token)) {
      this.extension(token);
      return "";
    }
    if ((token & 0x3f) <= tokens.LITERAL) {
      throw new WireError(`token ${hex(token)} inside an attribute list`, this.pos - 1);
    }
    return "";
  }

  /** The namespace wins over the public id: that of the root, else that of the first TransactionContent. */
  takeVersion(uri, name) {
    if (this.namedBy || uri === undefined || !names.isNamespaced(name) || name === "PresenceSubList") {
      return;
    }
    const version = names.versionOfNamespace(uri);
    if (version === null) {
      return;
    }
    this.namedBy = name;
    if (version === "1.1" && this.version === "1.0" && !uri.endsWith("1.1")) {
      return; // the tokens without a version text are those of 1.0 as well
    }
    this.version = version;
  }
}

/** @param {number} number */
function hex(number) {
  return number.toString(16).toUpperCase().padStart(2, "0");
}

/** @param {string} text */
function shown(text) {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
