// An XMPP client for the middle of the wall: roster, presence, messages with receipts (XEP-0184), one room (XEP-0045).

import { SPACES, bare, child, childText, element, resource } from "./stanza.js";
import { XmppStream } from "./stream.js";

const MAX_MESSAGES = 100;
const MAX_CONTACTS = 200;
const MAX_ROOM_MEMBERS = 200;

/**
 * Events: `stanza` {direction, stanza, at}, `state`, `contacts`, `message` {message}, `close` {reason}.
 * A message: {id, peer, from, text, at, isMine, isGroup, isReceived}.
 */
export class XmppClient extends EventTarget {
  /** @param {{url: string, domain: string, now?: () => number, WebSocketClass?: typeof WebSocket}} options */
  constructor(options) {
    super();
    this.options = options;
    this.now = options.now ?? Date.now;
    /** @type {"off" | "logging-in" | "on"} */
    this.phase = "off";
    this.jid = "";
    /** @type {Map<string, {jid: string, name: string, show: string, status: string}>} */
    this.contacts = new Map();
    /** @type {Array<Record<string, any>>} */
    this.messages = [];
    this.room = "";
    /** @type {Set<string>} */
    this.roomMembers = new Set();
    this.lastId = 0;
  }

  /** Logs in, asks for the roster and says that it is there. @param {string} user @param {string} password */
  async login(user, password) {
    const stream = new XmppStream(this.options);
    stream.addEventListener("stanza", (event) => this.emit("stanza", /** @type {CustomEvent} */ (event).detail));
    stream.addEventListener("received", (event) => this.receive(/** @type {CustomEvent} */ (event).detail.stanza));
    stream.addEventListener("close", (event) => this.ended(/** @type {CustomEvent} */ (event).detail.reason));
    this.stream = stream;
    this.change("logging-in");
    this.jid = await stream.open(user, password, "wall");
    this.change("on");
    this.ask("get", element(SPACES.roster, "query"));
    stream.send(element(SPACES.client, "presence"));
  }

  logout() {
    this.stream?.close();
  }

  /** @param {string} peer an address, that of the room as well @param {string} text */
  send(peer, text) {
    const id = this.nextId();
    const isGroup = bare(peer) === this.room;
    const request = isGroup ? null : element(SPACES.receipts, "request");
    const body = element(SPACES.client, "body", {}, text);
    this.stream?.send(element(SPACES.client, "message", { to: peer, type: isGroup ? "groupchat" : "chat", id }, body, request));
    if (!isGroup) {
      this.keep({ id, peer: bare(peer), from: this.jid, text, isMine: true });
    }
    return id;
  }

  /** @param {string} room @param {string} nickname */
  join(room, nickname) {
    this.room = bare(room);
    const history = element(SPACES.muc, "history", { maxstanzas: "0" });
    const wish = element(SPACES.muc, "x", {}, history);
    this.stream?.send(element(SPACES.client, "presence", { to: `${this.room}/${nickname}` }, wish));
  }

  leave() {
    if (this.room) {
      this.stream?.send(element(SPACES.client, "presence", { to: `${this.room}/${this.nickname()}`, type: "unavailable" }));
    }
  }

  nickname() {
    return this.jid.split("@", 1)[0];
  }

  /** @param {Element} stanza */
  receive(stanza) {
    const kinds = { message: this.readMessage, presence: this.readPresence, iq: this.readIq };
    kinds[/** @type {keyof kinds} */ (stanza.localName)]?.call(this, stanza);
  }

  /** @param {Element} stanza */
  readMessage(stanza) {
    const from = stanza.getAttribute("from") ?? "";
    const receipt = child(stanza, "received", SPACES.receipts);
    if (receipt) {
      this.received(bare(from), receipt.getAttribute("id") ?? "");
    }
    const text = childText(stanza, "body");
    if (!text || stanza.getAttribute("type") === "error") {
      return;
    }
    const isGroup = stanza.getAttribute("type") === "groupchat";
    this.confirm(stanza, isGroup);
    const isMine = isGroup && resource(from) === this.nickname();
    this.keep({ id: stanza.getAttribute("id") ?? "", peer: bare(from), from, text, isGroup, isMine });
  }

  /** A receipt for whoever asks for one. @param {Element} stanza @param {boolean} isGroup */
  confirm(stanza, isGroup) {
    const id = stanza.getAttribute("id");
    if (id && !isGroup && child(stanza, "request", SPACES.receipts)) {
      const to = stanza.getAttribute("from") ?? "";
      this.stream?.send(element(SPACES.client, "message", { to, id: this.nextId() }, element(SPACES.receipts, "received", { id })));
    }
  }

  /** @param {string} peer @param {string} id */
  received(peer, id) {
    const message = this.messages.find((each) => each.isMine && each.peer === peer && each.id === id);
    if (message) {
      message.isReceived = true;
      this.emit("message", { message });
    }
  }

  /** @param {Record<string, any>} message */
  keep(message) {
    const whole = { isMine: false, isGroup: false, isReceived: false, at: this.now(), ...message };
    this.messages.push(whole);
    this.messages.splice(0, this.messages.length - MAX_MESSAGES);
    this.emit("message", { message: whole });
  }

  /** @param {Element} stanza */
  readPresence(stanza) {
    const from = stanza.getAttribute("from") ?? "";
    const kind = stanza.getAttribute("type") ?? "";
    if (kind === "subscribe") {
      this.stream?.send(element(SPACES.client, "presence", { to: bare(from), type: "subscribed" }));
    } else if (kind === "" || kind === "unavailable") {
      bare(from) === this.room ? this.noteMember(resource(from), !kind) : this.noteContact(from, kind, stanza);
    }
  }

  /** @param {string} nickname @param {boolean} isThere */
  noteMember(nickname, isThere) {
    if (!isThere) {
      this.roomMembers.delete(nickname);
    } else if (this.roomMembers.size < MAX_ROOM_MEMBERS) {
      this.roomMembers.add(nickname);
    }
    this.emit("contacts", {});
  }

  /** @param {string} from @param {string} kind @param {Element} stanza */
  noteContact(from, kind, stanza) {
    const contact = this.contacts.get(bare(from));
    if (contact) {
      contact.show = kind ? "offline" : childText(stanza, "show") || "online";
      contact.status = childText(stanza, "status");
      this.emit("contacts", {});
    }
  }

  /** @param {Element} stanza */
  readIq(stanza) {
    const kind = stanza.getAttribute("type");
    const from = stanza.getAttribute("from");
    // Our own server alone may say who our contacts are (RFC 6121, 2.1.6).
    const roster = kind !== "get" && (!from || bare(from) === bare(this.jid)) ? child(stanza, "query", SPACES.roster) : null;
    if (roster) {
      this.readRoster(roster);
    }
    if (kind === "get" || kind === "set") {
      this.stream?.send(this.answer(stanza, Boolean(roster)));
    }
  }

  /** @param {Element} roster */
  readRoster(roster) {
    for (const item of roster.children) {
      const jid = bare(item.getAttribute("jid") ?? "");
      if (item.getAttribute("subscription") === "remove") {
        this.contacts.delete(jid);
      } else if (jid && (this.contacts.has(jid) || this.contacts.size < MAX_CONTACTS)) {
        const known = this.contacts.get(jid) ?? { jid, show: "offline", status: "" };
        this.contacts.set(jid, { ...known, name: item.getAttribute("name") || jid.split("@", 1)[0] });
      }
    }
    this.emit("contacts", {});
  }

  /**
   * What a request of somebody else gets: a ping and a roster push are done, the rest we cannot do.
   * @param {Element} stanza @param {boolean} isDone
   */
  answer(stanza, isDone) {
    const to = stanza.getAttribute("from");
    const id = stanza.getAttribute("id");
    if (isDone || child(stanza, "ping", SPACES.ping)) {
      return element(SPACES.client, "iq", { type: "result", to, id });
    }
    if (child(stanza, "query", SPACES.discoInfo)) {
      const features = [SPACES.discoInfo, SPACES.receipts, SPACES.ping].map((name) => element(SPACES.discoInfo, "feature", { var: name }));
      const who = element(SPACES.discoInfo, "identity", { category: "client", type: "web", name: "onesoup wall" });
      return element(SPACES.client, "iq", { type: "result", to, id }, element(SPACES.discoInfo, "query", {}, who, ...features));
    }
    const condition = element(SPACES.stanzas, "service-unavailable");
    return element(SPACES.client, "iq", { type: "error", to, id }, element(SPACES.client, "error", { type: "cancel" }, condition));
  }

  /** @param {"get" | "set"} type @param {Element} what */
  ask(type, what) {
    this.stream?.send(element(SPACES.client, "iq", { type, id: this.nextId() }, what));
  }

  nextId() {
    this.lastId += 1;
    return `wall-${this.lastId}-${this.now().toString(36)}`;
  }

  /** @param {"off" | "logging-in" | "on"} phase */
  change(phase) {
    this.phase = phase;
    this.emit("state", {});
  }

  /** @param {string} reason */
  ended(reason) {
    this.contacts.forEach((contact) => (contact.show = "offline"));
    this.roomMembers.clear();
    this.change("off");
    this.emit("close", { reason });
  }

  /** @param {string} name @param {object} detail */
  emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
