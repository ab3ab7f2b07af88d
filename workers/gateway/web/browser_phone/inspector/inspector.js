// The protocol beside the phone: the documents as they pass, one of them in full, the state of the session, export as a capture.

import { button, make } from "./dom.js";
import { DocumentList } from "./document_list.js";
import { MAX_BYTES, MAX_DOCUMENTS, DocumentLog } from "./document_log.js";
import { DocumentView } from "./document_view.js";
import { exportable, save } from "./export.js";
import { StateView } from "./state_view.js";

const STYLE = new URL("inspector.css", import.meta.url).href;

export class Inspector {
  /** @param {HTMLElement} element */
  constructor(element) {
    loadStyle();
    this.element = element;
    this.log = new DocumentLog();
    this.secretsShown = /** @type {HTMLInputElement} */ (make("input", { type: "checkbox" }));
    this.secretsShown.addEventListener("change", () => this.showDocument());
    this.note = make("p", { class: "inspector-note" });
    this.stateTitle = make("summary", {}, "Session");
    const state = make("details", { class: "inspector-session" }, this.stateTitle);
    const list = make("div", { class: "inspector-documents" });
    const view = make("section", { class: "inspector-chosen", "aria-label": "The chosen document" });
    this.place = view;
    element.classList.add("inspector");
    element.replaceChildren(this.toolbar(), state, list, this.note, view);
    this.state = new StateView(state);
    this.list = new DocumentList(list, (document) => this.choose(document));
    this.view = new DocumentView(view);
    /** @type {import("./document_log.js").LoggedDocument | null} */
    this.chosen = null;
    this.log.addEventListener("change", () => this.draw());
    this.draw();
    this.showDocument();
    this.state.show(null);
  }

  /**
   * Shows what this client sends and gets from now on. The state is that of the client followed last.
   * @param {any} client an ImpsClient
   * @param {string} label what its phone is called
   */
  follow(client, label) {
    this.client = client;
    this.log.follow(client, label);
    const show = () => this.client === client && this.state.show(client.state);
    client.addEventListener("state", show);
    client.addEventListener("document", show);
    show();
  }

  /** The documents as a pcap file. */
  capture() {
    return exportable(this.log.documents, this.secretsShown.checked);
  }

  toolbar() {
    const title = make("h2", {}, "The protocol");
    const secrets = make("label", {}, this.secretsShown, " show passwords");
    const save_ = button("Save as capture (pcap)", () => this.saved.replaceChildren(...save(this.capture())));
    this.saved = make("p", { class: "inspector-saved", role: "status" });
    const clear = button("Clear", () => this.clear());
    return make("div", { class: "inspector-tools" }, title, secrets, save_, clear, this.saved);
  }

  clear() {
    this.chosen = null;
    this.log.clear();
    this.showDocument();
  }

  /** @param {import("./document_log.js").LoggedDocument} document */
  choose(document) {
    this.chosen = document;
    this.showDocument();
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.place.scrollIntoView({ block: "nearest", behavior: isCalm ? "auto" : "smooth" });
  }

  showDocument() {
    this.view.show(this.chosen, this.secretsShown.checked);
  }

  draw() {
    this.list.show(this.log.documents);
    const bound = `The last ${MAX_DOCUMENTS} documents are kept, at most ${MAX_BYTES / 1024 / 1024} MB.`;
    this.note.textContent = this.log.dropped > 0 ? `${bound} ${this.log.dropped} older ones are gone.` : bound;
  }
}

/** The style sheet comes with the module, once. */
export function loadStyle() {
  const links = [...document.querySelectorAll("link")];
  if (!links.some((link) => link.href === STYLE)) {
    document.head.append(make("link", { rel: "stylesheet", href: STYLE }));
  }
}
