// An XMPP client for people: who is there, what was said, a line to write in. It logs in by itself where it is told an account.

import { EndKeeper, button, clock, make } from "../inspector/dom.js";
import { XmppClient } from "./client.js";
import { REFUSED } from "./stream.js";

const SHOWN_MESSAGES = 30;
const AGAIN_SECONDS = 5;

export class XmppView {
  /**
   * @param {HTMLElement} element
   * @param {{url: string, domain: string, account?: {user: string, password: string} | null, room?: string,
   *   onStanza: (detail: any) => void}} options
   */
  constructor(element, options) {
    this.options = options;
    this.client = new XmppClient(options);
    this.reason = "";
    this.wasOn = false;
    /** @type {{user: string, password: string} | null} */
    this.account = null;
    this.offered = "";
    this.title = make("h2", {}, "An XMPP client");
    this.status = make("p", { class: "xmpp-status", role: "status" });
    this.people = make("ul", { class: "xmpp-people", "aria-label": "Contacts" });
    this.talk = make("ol", { class: "xmpp-talk", tabindex: 0, "aria-label": "Messages", "aria-live": "polite" });
    this.end = new EndKeeper(this.talk);
    this.login = this.loginForm();
    this.compose = this.composeForm();
    element.classList.add("xmpp");
    element.append(make("div", { class: "xmpp-head" }, this.title, this.status), this.people, this.talk, this.compose, this.login);
    this.listen();
    this.draw();
    if (options.account) {
      this.start(options.account.user, options.account.password);
    }
  }

  listen() {
    const { client } = this;
    client.addEventListener("stanza", (event) => this.options.onStanza(/** @type {CustomEvent} */ (event).detail));
    client.addEventListener("close", (event) => this.closed(/** @type {CustomEvent} */ (event).detail.reason));
    for (const name of ["state", "contacts", "message"]) {
      client.addEventListener(name, () => this.draw());
    }
  }

  /** @param {string} user @param {string} password */
  async start(user, password) {
    this.account = { user, password };
    try {
      await this.client.login(user, password);
      if (this.options.room) {
        this.client.join(this.options.room, this.client.nickname());
      }
    } catch {
      this.draw(); // the reason is shown by `closed`
    }
  }

  /** A stream that was up once is opened again and again, unless the password is refused. @param {string} reason */
  closed(reason) {
    this.reason = reason;
    this.wasOn = this.wasOn && reason !== REFUSED;
    if (this.wasOn && this.account) {
      const { user, password } = this.account;
      setTimeout(() => this.start(user, password), AGAIN_SECONDS * 1000);
    }
    this.draw();
  }

  draw() {
    const { client } = this;
    this.wasOn = this.wasOn || client.phase === "on";
    this.title.textContent = this.account ? `${this.account.user}'s XMPP client` : "An XMPP client";
    this.status.textContent = this.statusWords();
    this.login.hidden = client.phase !== "off" || this.wasOn || Boolean(this.account && !this.reason);
    this.compose.hidden = client.phase !== "on";
    this.people.replaceChildren(...this.contacts().map((each) => this.person(each)));
    this.drawMessages();
    this.drawRecipients();
  }

  statusWords() {
    const words = { on: "online", "logging-in": "logging in …", off: this.reason ? `offline: ${this.reason}` : "offline" };
    return words[this.client.phase];
  }

  contacts() {
    const { client } = this;
    const all = [...client.contacts.values()].sort((one, other) => one.name.localeCompare(other.name));
    const there = client.roomMembers.size;
    const isIn = client.room && there > 0;
    return isIn ? [...all, { jid: client.room, name: client.room.split("@", 1)[0], show: `${there} here`, status: "" }] : all;
  }

  /** @param {{jid: string, name: string, show: string, status: string}} contact */
  person({ jid, name, show, status }) {
    const dot = make("span", { class: "xmpp-dot", "data-show": show, "aria-hidden": "true" });
    const made = button("", () => this.writeTo(jid), { title: status || jid });
    made.append(dot, make("b", {}, name), " ", make("span", {}, show));
    return make("li", {}, made);
  }

  drawMessages() {
    this.talk.replaceChildren(...this.client.messages.slice(-SHOWN_MESSAGES).map((each) => this.line(each)));
    this.end.keep();
  }

  /** @param {Record<string, any>} message */
  line({ peer, from, text, at, isMine, isGroup, isReceived }) {
    const other = isGroup ? `${from.slice(peer.length + 1)} in ${peer.split("@", 1)[0]}` : peer.split("@", 1)[0];
    const who = isMine && !isGroup ? `to ${other}` : other;
    const tick = isReceived ? make("span", { class: "xmpp-tick", role: "img", "aria-label": "has arrived" }, "✓") : null;
    const time = make("time", {}, clock(at).slice(0, 5));
    return make("li", { class: isMine ? "xmpp-mine" : "xmpp-theirs" }, time, make("b", {}, `${who}:`), " ", make("span", {}, text), tick);
  }

  /** The list is made anew only when there is somebody else in it: it may be open. */
  drawRecipients() {
    const wanted = this.contacts().map(({ jid, name }) => `${jid} ${name}`).join("\n");
    if (wanted !== this.offered) {
      this.offered = wanted;
      const chosen = this.recipient.value;
      this.recipient.replaceChildren(...this.contacts().map(({ jid, name }) => make("option", { value: jid, selected: jid === chosen }, name)));
    }
  }

  /** @param {string} jid */
  writeTo(jid) {
    this.recipient.value = jid;
    this.text.focus();
  }

  composeForm() {
    this.recipient = /** @type {HTMLSelectElement} */ (make("select", { "aria-label": "To" }));
    this.text = /** @type {HTMLInputElement} */ (make("input", { type: "text", "aria-label": "Message", maxlength: 1000, autocomplete: "off" }));
    return this.form("xmpp-compose", () => this.send(), this.recipient, this.text, make("button", { type: "submit" }, "Send"));
  }

  send() {
    const text = this.text.value.trim();
    if (text && this.recipient.value && this.client.phase === "on") {
      this.client.send(this.recipient.value, text);
      this.text.value = "";
    }
  }

  loginForm() {
    const user = /** @type {HTMLInputElement} */ (make("input", { type: "text", "aria-label": "User", placeholder: "user", autocomplete: "username" }));
    const more = { type: "password", "aria-label": "Password", placeholder: "password", autocomplete: "current-password" };
    const password = /** @type {HTMLInputElement} */ (make("input", more));
    const go = () => this.start(user.value.split("@", 1)[0].trim(), password.value);
    return this.form("xmpp-login", go, user, password, make("button", { type: "submit" }, "Log in"));
  }

  /** @param {string} kind @param {() => void} act @param {...HTMLElement} parts */
  form(kind, act, ...parts) {
    const made = make("form", { class: kind }, ...parts);
    made.addEventListener("submit", (event) => {
      event.preventDefault();
      act();
    });
    return made;
  }
}
