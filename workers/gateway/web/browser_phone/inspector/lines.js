// What bytes mean, as lines of a tree: each span of a document is a piece of one line, and each line knows its bytes.

import { shortened } from "./dom.js";
import { HIDDEN } from "./secrets.js";

const MAX_VALUE = 160;
const VALUES = new Set(["text", "opaque", "token", "integer"]);
const BLANK_NOTES = new Set(["white space"]);

/**
 * @typedef {import("../wire/wbxml_reader.js").Span} Span
 * @typedef {{number: number, kind: string, text: string, note: string}} Piece of a line; `number` is that of its span
 * @typedef {{depth: number, pieces: Piece[], last: number}} Line `last`: the span that ends what the line begins
 */

/**
 * @param {Span[]} spans of one document
 * @param {Set<Span>} hidden those whose value is not shown
 * @returns {Line[]}
 */
export function treeLines(spans, hidden) {
  return new Lines(spans, hidden).all();
}

class Lines {
  /** @param {Span[]} spans @param {Set<Span>} hidden */
  constructor(spans, hidden) {
    this.spans = spans;
    this.hidden = hidden;
    this.kinds = spans.map((span, at) => (isOfAttributes(spans, at) ? "attribute" : span.kind));
    /** @type {Map<any, number>} the number of the span that ends an element */
    this.ends = new Map(spans.flatMap(({ element }, at) => (this.kinds[at] === "end" ? [[element, at]] : [])));
    /** @type {Map<any, number>} how many pieces the text of an element has */
    this.values = new Map();
    for (const { element } of spans.filter((span) => VALUES.has(span.kind))) {
      this.values.set(element, (this.values.get(element) ?? 0) + 1);
    }
    /** @type {Line[]} */
    this.lines = [];
    /** @type {Piece[]} what stands before the tag of the next line */
    this.before = [];
    /** @type {any} the element without children that the present line is about */
    this.leaf = null;
  }

  all() {
    this.spans.forEach((span, number) => this.take(span, number));
    if (this.before.length > 0) {
      this.begin(0, this.before.splice(0), this.spans.length - 1);
    }
    return this.lines;
  }

  /** @param {Span} span @param {number} number */
  take(span, number) {
    const kind = this.kinds[number];
    const piece = { number, kind, text: kind === "attribute" ? attributeText(span) : this.text(span), note: this.note(span) };
    if (kind === "page" || (span.kind === "text" && BLANK_NOTES.has(span.note))) {
      this.before.push(piece);
    } else if (kind === "tag" && span.element) {
      this.begin(span.depth, [...this.before.splice(0), piece], this.ends.get(span.element) ?? number);
      this.leaf = this.isLeaf(number) ? span.element : null;
    } else if (this.leaf === span.element && this.leaf) {
      this.lines.at(-1)?.pieces.push(...this.before.splice(0), piece);
      this.leaf = kind === "end" ? null : this.leaf;
    } else if (kind === "attribute" && this.lines.length > 0) {
      this.lines.at(-1)?.pieces.push(piece);
    } else {
      this.begin(span.kind === "header" ? 0 : span.depth, [...this.before.splice(0), piece], number);
    }
  }

  /** @param {number} depth @param {Piece[]} pieces @param {number} last */
  begin(depth, pieces, last) {
    this.leaf = null;
    this.lines.push({ depth, pieces, last });
  }

  /** Whether an element has no elements in it, and an end. @param {number} number of the span of its tag */
  isLeaf(number) {
    const { element } = this.spans[number];
    const end = this.ends.get(element);
    return end !== undefined && element?.children.length === 0;
  }

  /** @param {Span} span */
  text(span) {
    const name = span.element?.name ?? "";
    if (span.kind === "tag" && name) {
      return this.ends.has(span.element) ? `<${name}>` : `<${name}/>`;
    }
    if (span.kind === "end" && name) {
      return `</${name}>`;
    }
    return VALUES.has(span.kind) && !BLANK_NOTES.has(span.note) ? this.value(span) : this.note(span);
  }

  /** The value itself where the element has one piece of it, else what is known of the piece. @param {Span} span */
  value(span) {
    if (this.hidden.has(span)) {
      return HIDDEN;
    }
    const isOnly = this.values.get(span.element) === 1;
    return shortened(isOnly && span.element?.text ? span.element.text : span.note, MAX_VALUE);
  }

  /** @param {Span} span */
  note(span) {
    return this.hidden.has(span) ? HIDDEN : span.note;
  }
}

/** The list of attributes has an end of its own, and code pages of its own. @param {Span[]} spans @param {number} at */
function isOfAttributes(spans, at) {
  const { kind, element } = spans[at];
  const before = spans[at - 1];
  const isAfterOne = before?.element === element && (before?.kind === "attribute" || before?.kind === "page");
  return kind === "attribute" || (element !== null && (kind === "page" || (kind === "end" && isAfterOne)));
}

/** @param {Span} span */
function attributeText({ kind, note }) {
  return kind === "end" ? " ·" : ` ${note}`;
}
