// What passes between two phones, the server and an XMPP client, as a sequence diagram: three columns, one time order.

import { EndKeeper, breakable, keepTabStop, make, shortened, walkByArrows } from "./dom.js";
import { foldPolls, pollWords } from "./document_log.js";
import { placeInOrder } from "./document_list.js";

const MAX_TEXT = 48;
const ARROWS = { left: { request: "→", response: "←" }, middle: { request: "↑", response: "↓" }, right: { request: "←", response: "→" } };

/** @typedef {"left" | "middle" | "right"} Column */

export class Diagram {
  /**
   * @param {HTMLElement} element
   * @param {{label: string, column: Column, title: string}[]} columns who is where
   * @param {(passed: any) => void} choose
   */
  constructor(element, columns, choose) {
    this.columns = new Map(columns.map((each) => [each.label, each]));
    this.choose = choose;
    const heads = columns.map(({ column, title }) => make("div", { class: `diagram-title diagram-${column}` }, title));
    this.list = make("ol", { class: "diagram-rows", "aria-label": "What passes, in the order of time" });
    element.classList.add("diagram");
    element.append(make("div", { class: "diagram-titles" }, ...heads), this.list);
    walkByArrows(this.list, "button");
    this.end = new EndKeeper(this.list);
    /** @type {Map<string, {node: HTMLElement, drawn: string}>} */
    this.rows = new Map();
  }

  /** @param {import("./document_log.js").LoggedDocument[]} passed */
  show(passed) {
    const before = this.rows;
    this.rows = new Map();
    for (const row of foldPolls(passed)) {
      const drawn = row.kind === "polls" ? pollWords(row) : "";
      const old = before.get(row.id);
      this.rows.set(row.id, old?.drawn === drawn ? old : { node: this.node(row), drawn });
    }
    placeInOrder(this.list, [...this.rows.values()].map((row) => row.node));
    keepTabStop(this.list, "button");
    this.end.keep();
  }

  /** @param {import("./document_log.js").Row} row */
  node(row) {
    const label = row.kind === "polls" ? row.label : row.document.label;
    const { column, title } = this.columns.get(label) ?? { column: "middle", title: label };
    if (row.kind === "polls") {
      return make("li", { class: `diagram-row diagram-${column}` }, make("div", { class: "diagram-polls" }, who(title), pollWords(row)));
    }
    const { direction, name, text, error, bytes } = row.document;
    const arrow = make("span", { class: "diagram-arrow", role: "img", "aria-label": direction === "request" ? "sends" : "gets" });
    arrow.textContent = ARROWS[column][direction];
    const said = text ? make("span", { class: "diagram-said" }, shortened(text, MAX_TEXT)) : null;
    const what = make("span", { class: "diagram-what" }, make("span", { class: "diagram-name" }, ...breakable(name), error ? " ⚠" : null), said);
    const kind = `diagram-${direction}${bytes.length === 0 ? " diagram-quiet" : ""}`;
    const made = make("button", { type: "button", class: kind, tabindex: -1 }, who(title), arrow, what);
    made.addEventListener("click", () => this.choose(row.document));
    return make("li", { class: `diagram-row diagram-${column}` }, made);
  }
}

/** Said where the columns cannot be seen. @param {string} title */
function who(title) {
  return make("span", { class: "diagram-who" }, title);
}
