// The page /demo/wall: two phones, an XMPP client between them, and what passes, as one sequence diagram.

import { ImpsClient } from "./engine/client.js";
import { HANDSETS } from "./engine/handsets.js";
import { button, make } from "./inspector/dom.js";
import { Diagram } from "./inspector/diagram.js";
import { MAX_DOCUMENTS, DocumentLog } from "./inspector/document_log.js";
import { DocumentView } from "./inspector/document_view.js";
import { exportable, save } from "./inspector/export.js";
import { Phone } from "./phone/phone.js";
import { describe, pretty } from "./xmpp/describe.js";
import { isLoopback } from "./xmpp/stream.js";
import { XmppView } from "./xmpp/view.js";

const LOOPBACK_PAGES = ["127.0.0.1", "localhost", "[::1]"];
/** Phones of two kinds: binary documents of 2003 on the left, text on the right. */
const LEFT = HANDSETS.s60;
const RIGHT = { ...HANDSETS.generic, name: "generic-xml", title: "onesoup's own phone, XML", encoding: /** @type {const} */ ("xml") };
const XMPP = "xmpp";
/** Beside each other from this width on, in pixels; as in wall.css. */
const WIDE = "(min-width: 1000px)";
const [SMALLEST, LARGEST] = [0.6, 1.6];

export class Wall {
  /** @param {HTMLElement} element @param {any} data what the server says of itself */
  constructor(element, data) {
    this.data = data;
    this.log = new DocumentLog();
    /** @type {WeakMap<Uint8Array, Element>} the stanza that bytes of the log are */
    this.stanzas = new WeakMap();
    const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (element.querySelector(name));
    const [left, right, third] = [0, 1, 2].map((number) => data.accounts[number] ?? null);
    this.titles = [titleOf(left, "left phone"), titleOf(right, "right phone"), third ? `${third.user}, XMPP` : "XMPP client"];
    this.diagram = new Diagram(part(".wall-diagram"), this.columns(), (passed) => this.open(passed));
    this.log.addEventListener("change", () => this.diagram.show(this.log.documents));
    this.tools(part(".wall-tools"));
    this.dialog(element);
    this.xmpp = this.addXmpp(part(".wall-xmpp"), third);
    this.left = this.addPhone(part(".wall-left"), "left", LEFT, left);
    this.right = this.addPhone(part(".wall-right"), "right", RIGHT, right);
    this.left.focus();
  }

  columns() {
    const [left, right, middle] = this.titles;
    return [
      { label: "left", column: /** @type {const} */ ("left"), title: left },
      { label: XMPP, column: /** @type {const} */ ("middle"), title: middle },
      { label: "right", column: /** @type {const} */ ("right"), title: right },
    ];
  }

  /** The documents as a pcap file. */
  capture() {
    const documents = this.log.documents.filter((each) => each.label !== XMPP);
    return exportable(documents, this.secretsShown.checked);
  }

  /** @param {HTMLElement} place @param {string} label @param {any} handset @param {{user: string, password: string} | null} account */
  addPhone(place, label, handset, account) {
    const version = `CSP ${handset.version}, ${handset.encoding === "wbxml" ? "WBXML" : "XML"}`;
    const title = this.titles[label === "left" ? 0 : 1];
    const host = make("div", { class: "wall-host" });
    place.append(make("h2", {}, title), make("p", {}, `${handset.title} · ${version}`), host);
    new ResizeObserver(() => fit(place, host)).observe(place);
    host.addEventListener("client", (event) => this.log.follow(/** @type {CustomEvent} */ (event).detail, label));
    const phone = new Phone(host, {
      makeClient: (/** @type {any} */ chosen) => new ImpsClient({ url: this.data.imps_url, handset: chosen }),
      handsets: [handset, ...Object.values(HANDSETS).filter((each) => each.name !== handset.name)],
      handset,
      accounts: account ? [account, ...this.data.accounts.filter((/** @type {any} */ each) => each !== account)] : [],
      domain: this.data.domain,
    });
    // Two regions of one name are hard to tell apart for who hears them.
    host.querySelector("[role=region]")?.setAttribute("aria-label", `What the screen of ${title} shows`);
    if (account) {
      phone.logIn(account.user, account.password);
    }
    return phone;
  }

  /** @param {HTMLElement} place @param {{user: string, password: string} | null} account */
  addXmpp(place, account) {
    const { xmpp_websocket: url, domain } = this.data;
    const reason = noXmppReason(url);
    if (reason) {
      place.append(make("h2", {}, "No XMPP client here"), make("p", {}, reason));
      place.classList.add("wall-without");
      return null;
    }
    const onStanza = (/** @type {any} */ detail) => this.keepStanza(detail);
    return new XmppView(place, { url, domain, account, room: `lobby@conference.${domain}`, onStanza });
  }

  /** @param {{direction: "sent" | "received", stanza: Element, at: number}} detail */
  keepStanza({ direction, stanza, at }) {
    const entry = {
      label: XMPP,
      direction: /** @type {"request" | "response"} */ (direction === "sent" ? "request" : "response"),
      bytes: new TextEncoder().encode(new XMLSerializer().serializeToString(stanza)),
      contentType: "application/xmpp+xml",
      at,
      tookMs: null,
      status: null,
      requestId: null,
      error: "",
      ...describe(direction, stanza),
    };
    this.stanzas.set(entry.bytes, stanza);
    this.log.keep(entry);
  }

  /** @param {HTMLElement} place */
  tools(place) {
    this.secretsShown = /** @type {HTMLInputElement} */ (make("input", { type: "checkbox" }));
    this.secretsShown.addEventListener("change", () => this.opened && this.open(this.opened));
    const note = make("span", { class: "wall-bound", role: "status" }, `the last ${MAX_DOCUMENTS} are kept`);
    const secrets = make("label", {}, this.secretsShown, " show passwords");
    const capture = button("Save as capture", () => note.replaceChildren(...save(this.capture())));
    place.append(note, secrets, capture, button("Clear", () => this.log.clear()));
  }

  /** @param {HTMLElement} element */
  dialog(element) {
    this.window = /** @type {HTMLDialogElement} */ (make("dialog", { class: "wall-dialog", "aria-label": "What passed" }));
    const close = button("Close", () => this.window?.close());
    this.stanzaText = make("pre", { tabindex: 0, "aria-label": "Stanza" });
    const place = make("div");
    this.window.append(make("div", { class: "wall-close" }, close), this.stanzaText, place);
    this.window.addEventListener("close", () => (this.opened = null));
    this.view = new DocumentView(place);
    this.documentPlace = place;
    element.append(this.window);
  }

  /** @param {any} passed */
  open(passed) {
    const stanza = this.stanzas.get(passed.bytes);
    this.opened = passed;
    this.stanzaText.hidden = !stanza;
    this.documentPlace.hidden = Boolean(stanza);
    if (!this.window.open) {
      this.window.showModal();
    }
    if (stanza) {
      this.stanzaText.textContent = pretty(stanza, this.secretsShown.checked);
    } else {
      this.view.show({ ...passed, label: this.titles[passed.label === "left" ? 0 : 1] }, this.secretsShown.checked);
    }
  }
}

/** As large as its place is high: a projector shows all of it. @param {HTMLElement} place @param {HTMLElement} host */
function fit(place, host) {
  const phone = /** @type {HTMLElement | null} */ (host.firstElementChild);
  const room = place.getBoundingClientRect().bottom - host.getBoundingClientRect().top;
  const zoom = matchMedia(WIDE).matches && phone?.offsetHeight ? (room - 12) / phone.offsetHeight : 1;
  host.style.setProperty("zoom", String(Math.min(LARGEST, Math.max(SMALLEST, zoom))));
}

/** @param {{user: string} | null} account @param {string} otherwise */
function titleOf(account, otherwise) {
  return account ? `${account.user}'s phone` : otherwise;
}

/** Why there is no XMPP client on this page, "" when there is one. @param {string} url */
function noXmppReason(url) {
  if (!url) {
    return "The XMPP server opens no WebSocket for this page, so the phones are alone here. An operator can name one (browser_phone_xmpp).";
  }
  if (isLoopback(url) && !LOOPBACK_PAGES.includes(location.hostname)) {
    const port = location.port ? `:${location.port}` : "";
    return (
      "The XMPP client works on the machine that the demo runs on alone, since the XMPP server lets no other in. " +
      `There this page is http://localhost${port}/demo/wall. The phones work from here.`
    );
  }
  return "";
}

const told = JSON.parse(document.getElementById("page-data")?.textContent ?? "{}");
/** @type {any} */ (window).wall = new Wall(/** @type {HTMLElement} */ (document.querySelector("main")), told);
