// One document: its elements beside its bytes. What the pointer or the keyboard is on shows where it is on the other side.

import { decode } from "../wire/codec.js";
import { MAX_ROWS, byteRows } from "./byte_rows.js";
import { clock, make, walkByArrows } from "./dom.js";
import { treeLines } from "./lines.js";
import { HIDDEN, findSecrets } from "./secrets.js";

const WIDE = 460;
const MAX_LINES = 2000;

/** @typedef {import("./document_log.js").LoggedDocument} LoggedDocument */

export class DocumentView {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.tree = make("div", { class: "inspector-tree", role: "tree", "aria-label": "Elements" });
    this.bytes = make("div", { class: "inspector-bytes", role: "group", tabindex: 0, "aria-label": "Bytes; left and right arrows go through them" });
    this.head = make("p", { class: "inspector-head" });
    this.told = make("p", { class: "inspector-told", "aria-live": "polite" });
    this.body = make("div", { class: "inspector-sides" }, this.tree, this.bytes);
    element.append(make("div", { class: "inspector-document" }, this.head, this.told, this.body));
    /** @type {Set<import("./secrets.js").Span>} */
    this.hidden = new Set();
    /** @type {LoggedDocument | null} */
    this.document = null;
    /** @type {import("./secrets.js").Span[]} */
    this.spans = [];
    this.active = -1;
    this.pointer = "";
    this.listen();
    new ResizeObserver(() => this.resize()).observe(this.bytes);
  }

  listen() {
    walkByArrows(this.tree, "[role=treeitem]");
    this.tree.addEventListener("focusin", (event) => this.pointAt(/** @type {HTMLElement} */ (event.target), this.bytes));
    this.tree.addEventListener("pointermove", (event) => this.moved(event, this.bytes));
    this.bytes.addEventListener("pointermove", (event) => this.moved(event, this.tree));
    this.bytes.addEventListener("keydown", (event) => this.step(event));
  }

  /** @param {LoggedDocument | null} document @param {boolean} areSecretsShown */
  show(document, areSecretsShown) {
    this.document = document;
    this.read = readable(document);
    this.spans = this.read?.spans ?? wholeSpan(document);
    this.hidden = new Set(areSecretsShown ? [] : this.secrets(document));
    this.head.textContent = document ? this.headline(document) : "Choose a document to see its elements and bytes.";
    this.body.hidden = !document || document.bytes.length === 0;
    this.drawTree();
    this.drawBytes();
    this.mark(-1, null);
  }

  /** Of a request that cannot be read nobody knows where its password is. @param {LoggedDocument | null} document */
  secrets(document) {
    if (this.read && document) {
      return findSecrets(document.bytes, this.spans, this.read.encoding);
    }
    return document?.direction === "request" ? this.spans : [];
  }

  /** @param {LoggedDocument} document */
  headline({ label, name, direction, bytes, contentType, at, error }) {
    const way = direction === "request" ? `${label} → server` : `server → ${label}`;
    const form = this.read ? `CSP ${this.read.version}, ${this.read.encoding === "wbxml" ? "WBXML" : "XML"}` : contentType;
    const parts = [name, way, `${bytes.length} bytes`, form, clock(at), error && `cannot be read: ${error}`];
    return parts.filter(Boolean).join(" · ");
  }

  drawTree() {
    const lines = treeLines(this.spans, this.hidden);
    const items = lines.slice(0, MAX_LINES).map((line, at) => treeItem(line, at === 0));
    const more = lines.length - items.length;
    this.tree.replaceChildren(...items, ...(more > 0 ? [make("div", { role: "treeitem", tabindex: -1 }, `${more} more`)] : []));
  }

  drawBytes() {
    this.width = this.bytes.clientWidth < WIDE ? 8 : 16;
    const data = this.document?.bytes ?? new Uint8Array();
    const { rows, left } = byteRows(data, this.spans, this.width, this.hidden);
    const more = left > 0 ? [make("div", {}, `${left} bytes more; only ${MAX_ROWS} rows are shown`)] : [];
    this.bytes.replaceChildren(...rows.map((row) => byteRow(row, this.width ?? 16)), ...more);
  }

  /** Another width has room for more or fewer bytes a row. */
  resize() {
    const width = this.bytes.clientWidth < WIDE ? 8 : 16;
    if (this.bytes.clientWidth > 0 && width !== this.width) {
      this.drawBytes();
      this.mark(this.active, null);
    }
  }

  /** A pointer that rests while what is below it scrolls points at nothing new. @param {PointerEvent} event @param {HTMLElement} other */
  moved(event, other) {
    const place = `${event.screenX} ${event.screenY}`;
    if (place !== this.pointer) {
      this.pointer = place;
      this.pointAt(/** @type {HTMLElement} */ (event.target), other);
    }
  }

  /** @param {HTMLElement} target @param {HTMLElement} other the side that follows */
  pointAt(target, other) {
    const piece = /** @type {HTMLElement | null} */ (target.closest("[data-span]"));
    const line = /** @type {HTMLElement | null} */ (target.closest("[data-main]"));
    const number = piece?.dataset.span ?? line?.dataset.main;
    if (number !== undefined && Number(number) !== this.active) {
      this.mark(Number(number), other);
    }
  }

  /** Lights one span, and dimly what its element holds. @param {number} number @param {HTMLElement | null} follower */
  mark(number, follower) {
    this.active = number;
    const end = this.endOf(number);
    for (const each of this.body.querySelectorAll("[data-span]")) {
      const at = Number(/** @type {HTMLElement} */ (each).dataset.span);
      each.classList.toggle("inspector-lit", at === number);
      each.classList.toggle("inspector-held", at !== number && number >= 0 && at > number && at <= end);
    }
    this.told.textContent = this.words(number);
    follower?.querySelector(".inspector-lit")?.scrollIntoView({ block: "nearest" });
  }

  /** The last span of what this one begins. @param {number} number */
  endOf(number) {
    const span = this.spans[number];
    if (span?.kind !== "tag" || !span.element) {
      return number;
    }
    const end = this.spans.findLastIndex((each) => each.kind === "end" && each.element === span.element);
    return Math.max(number, end);
  }

  /** @param {number} number */
  words(number) {
    const span = this.spans[number];
    if (!span && this.body.hidden) {
      return "";
    }
    if (!span) {
      return "Point at an element or at bytes, or go there with Tab and the arrow keys.";
    }
    const size = span.end - span.start;
    const place = size === 1 ? `byte ${span.start}` : `bytes ${span.start} to ${span.end - 1} (${size})`;
    const note = this.hidden.has(span) ? HIDDEN : span.note;
    const inside = span.element && span.kind !== "tag" && span.kind !== "end" ? ` in ${span.element.name}` : "";
    const kind = kindWords(span.kind);
    const isSaid = !note || note === kind || note.startsWith(`${kind} `);
    return `${place}: ${isSaid ? note || kind : `${kind}, ${note}`}${inside}`;
  }

  /** @param {KeyboardEvent} event */
  step(event) {
    const next = { ArrowRight: this.active + 1, ArrowLeft: this.active - 1, Home: 0, End: this.spans.length - 1 }[event.key];
    if (next !== undefined) {
      event.preventDefault();
      this.mark(Math.min(Math.max(next, 0), this.spans.length - 1), this.body);
    }
  }
}

/** @param {LoggedDocument | null} document */
function readable(document) {
  if (!document || document.bytes.length === 0 || document.error) {
    return null;
  }
  return decode(document.bytes, document.contentType);
}

/** @param {LoggedDocument | null} document @returns {import("./secrets.js").Span[]} */
function wholeSpan(document) {
  const end = document?.bytes.length ?? 0;
  return end ? [{ start: 0, end, element: null, kind: "opaque", depth: 0, note: "unreadable" }] : [];
}

/** @param {string} kind */
function kindWords(kind) {
  return { page: "code page switch", tag: "start of an element", end: "end", token: "token" }[kind] ?? kind;
}

/** @param {import("./lines.js").Line} line @param {boolean} isFirst */
function treeItem({ depth, pieces }, isFirst) {
  const main = pieces.find((piece) => piece.kind === "tag") ?? pieces[0];
  const shown = pieces.map(({ number, kind, text, note }) =>
    make("span", { class: `inspector-piece inspector-${kind}`, "data-span": number, title: note }, text),
  );
  const attributes = { role: "treeitem", "aria-level": depth + 1, tabindex: isFirst ? 0 : -1, "data-main": main.number };
  const item = make("div", { class: "inspector-line", ...attributes }, ...shown);
  item.style.setProperty("--depth", String(depth));
  return item;
}

/** @param {import("./byte_rows.js").ByteRow} row @param {number} width */
function byteRow({ offset, runs, skipped, last }, width) {
  const place = make("span", { class: "inspector-offset" }, offset.toString(16).padStart(4, "0"));
  if (skipped) {
    return make("div", { class: "inspector-row" }, place, make("span", { "data-span": last }, `… ${skipped} bytes`));
  }
  const hex = runs.flatMap((run) => [make("span", { class: "inspector-run", "data-span": run.number }, run.hex), " "]);
  const text = runs.map((run) => make("span", { class: "inspector-run", "data-span": run.number }, run.text));
  const cells = [place, make("span", { class: "inspector-hex" }, ...hex), make("span", { class: "inspector-chars" }, ...text)];
  const row = make("div", { class: "inspector-row" }, ...cells);
  row.style.setProperty("--bytes", String(width));
  return row;
}
