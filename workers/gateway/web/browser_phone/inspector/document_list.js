// The list of documents as they pass, newest below. Polls that brought nothing are one row.

import { EndKeeper, breakable, clock, keepTabStop, make, shortened, walkByArrows } from "./dom.js";
import { foldPolls, pollWords } from "./document_log.js";

const MAX_TEXT = 60;

export class DocumentList {
  /**
   * @param {HTMLElement} element
   * @param {(document: import("./document_log.js").LoggedDocument) => void} choose
   */
  constructor(element, choose) {
    this.choose = choose;
    this.list = make("ol", { class: "inspector-list", "aria-label": "Documents, in the order in which they passed" });
    this.empty = make("p", { class: "inspector-empty" }, "Nothing has passed yet. Log in on the phone.");
    element.append(this.empty, this.list);
    walkByArrows(this.list, "button");
    this.end = new EndKeeper(this.list);
    /** @type {Map<string, {node: HTMLElement, drawn: string}>} */
    this.rows = new Map();
    this.chosen = 0;
  }

  /** @param {import("./document_log.js").LoggedDocument[]} documents */
  show(documents) {
    const areMany = new Set(documents.map((each) => each.label)).size > 1;
    const before = this.rows;
    this.rows = new Map();
    for (const row of foldPolls(documents)) {
      const drawn = JSON.stringify(row.kind === "polls" ? [pollWords(row), areMany] : [areMany]);
      const old = before.get(row.id);
      this.rows.set(row.id, old?.drawn === drawn ? old : { node: this.node(row, areMany), drawn });
    }
    placeInOrder(this.list, [...this.rows.values()].map((row) => row.node));
    this.empty.hidden = this.rows.size > 0;
    keepTabStop(this.list, "button");
    this.end.keep();
  }

  /** @param {import("./document_log.js").Row} row @param {boolean} areMany */
  node(row, areMany) {
    if (row.kind === "polls") {
      const words = areMany ? `${row.label}: ${pollWords(row)}` : pollWords(row);
      return make("li", { class: "inspector-polls" }, words);
    }
    const { document } = row;
    const made = make("button", { type: "button", class: `inspector-${document.direction}`, tabindex: -1 }, ...cells(document, areMany));
    made.addEventListener("click", () => this.pick(document, made));
    return make("li", {}, made);
  }

  /** @param {import("./document_log.js").LoggedDocument} document @param {HTMLElement} node */
  pick(document, node) {
    this.list.querySelectorAll("[aria-current]").forEach((each) => each.removeAttribute("aria-current"));
    node.setAttribute("aria-current", "true");
    this.choose(document);
  }
}

/**
 * Makes these the children, in this order, and leaves those in peace that are there already: one of them may have the focus.
 * @param {HTMLElement} parent @param {HTMLElement[]} nodes
 */
export function placeInOrder(parent, nodes) {
  const wanted = new Set(nodes);
  [...parent.children].filter((each) => !wanted.has(/** @type {HTMLElement} */ (each))).forEach((each) => each.remove());
  nodes.forEach((node, at) => {
    if (parent.children[at] !== node) {
      parent.insertBefore(node, parent.children[at] ?? null);
    }
  });
}

/** @param {import("./document_log.js").LoggedDocument} document @param {boolean} areMany */
function cells({ direction, label, name, text, bytes, at, tookMs, status, error }, areMany) {
  const isRequest = direction === "request";
  const phone = areMany ? label : "phone";
  const way = make("span", { class: "inspector-way", role: "img", "aria-label": isRequest ? `${phone} to server` : `server to ${phone}` });
  way.textContent = isRequest ? "→" : "←";
  const title = make("span", { class: "inspector-name" }, ...breakable(name), error ? " ⚠" : null);
  const said = text ? make("span", { class: "inspector-said" }, shortened(text, MAX_TEXT)) : null;
  const facts = [`${bytes.length} B`, clock(at), tookMs === null ? null : `${Math.round(tookMs)} ms`, status === null ? null : `HTTP ${status}`];
  const who = areMany ? make("span", { class: "inspector-who" }, label) : null;
  const told = facts.filter((fact) => fact !== null).map((fact) => make("span", {}, fact));
  return [way, make("span", { class: "inspector-what" }, who, title, said), make("span", { class: "inspector-facts" }, ...told)];
}
