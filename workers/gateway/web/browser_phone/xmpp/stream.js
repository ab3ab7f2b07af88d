// One XMPP stream over WebSocket (RFC 7395), from the first frame to the bound resource. Knows nothing of messages and contacts.

import { chooseSasl } from "./sasl.js";
import { SPACES, child, childText, element, parse, write } from "./stanza.js";

const OPEN_SECONDS = 20;
/** What `close` gives as its reason when the server does not take the password. */
export const REFUSED = "wrong user name or password";
const LOOPBACK = ["127.0.0.1", "localhost", "[::1]"];

/** The stream could not be opened, or the log-in was refused. */
export class StreamError extends Error {}

/** Whether a URL names this machine. @param {string} url */
export function isLoopback(url) {
  return LOOPBACK.includes(new URL(url).hostname);
}

/**
 * Events: `stanza` {direction: "sent"|"received", stanza: Element, at}, `close` {reason}. `open` comes back when it is bound.
 */
export class XmppStream extends EventTarget {
  /** @param {{url: string, domain: string, now?: () => number, WebSocketClass?: typeof WebSocket}} options */
  constructor({ url, domain, now = Date.now, WebSocketClass = WebSocket }) {
    super();
    this.url = url;
    this.domain = domain;
    this.now = now;
    this.WebSocketClass = WebSocketClass;
    this.jid = "";
    /** @type {Element[]} */
    this.read = [];
    /** @type {((stanza: Element) => void) | null} */
    this.wanted = null;
    this.isBound = false;
  }

  /**
   * Logs in and binds. A StreamError says why that did not work.
   * @param {string} user @param {string} password @param {string} resource
   */
  async open(user, password, resource) {
    const late = setTimeout(() => this.end("the server does not answer"), OPEN_SECONDS * 1000);
    try {
      await this.connect();
      const features = await this.start();
      await this.authenticate(features, user, password);
      await this.start();
      this.jid = await this.bind(resource);
      this.isBound = true;
      this.read.splice(0).forEach((stanza) => this.tell(stanza));
      return this.jid;
    } catch (error) {
      this.end(String(error instanceof Error ? error.message : error));
      throw error;
    } finally {
      clearTimeout(late);
    }
  }

  /** @param {Element} stanza */
  send(stanza) {
    if (this.socket?.readyState !== WebSocket.OPEN) {
      throw new StreamError("not connected");
    }
    this.socket.send(write(stanza));
    this.report("sent", stanza);
  }

  close() {
    if (this.socket?.readyState === WebSocket.OPEN) {
      this.send(element(SPACES.framing, "close"));
    }
    this.end("");
  }

  connect() {
    return new Promise((resolve, reject) => {
      this.refuse = reject;
      this.socket = new this.WebSocketClass(this.url, "xmpp");
      this.socket.addEventListener("open", () => resolve(null));
      this.socket.addEventListener("message", (event) => this.receive(event.data));
      this.socket.addEventListener("close", () => this.end("the connection is lost"));
    });
  }

  /** Opens the stream, at first and again after the log-in. The features that the server offers. */
  async start() {
    this.send(element(SPACES.framing, "open", { to: this.domain, version: "1.0" }));
    await this.next("open");
    return this.next("features");
  }

  /** @param {Element} features @param {string} user @param {string} password */
  async authenticate(features, user, password) {
    const offered = [...(child(features, "mechanisms")?.children ?? [])].map((each) => each.textContent ?? "");
    const isPrivate = this.url.startsWith("wss:") || isLoopback(this.url);
    const sasl = chooseSasl(offered, user, password, isPrivate);
    this.send(element(SPACES.sasl, "auth", { mechanism: sasl.name }, await sasl.first()));
    let told = await this.next("challenge", "success", "failure");
    if (told.localName === "challenge") {
      this.send(element(SPACES.sasl, "response", {}, await sasl.answer(told.textContent ?? "")));
      told = await this.next("success", "failure");
    }
    if (told.localName === "failure") {
      const why = told.firstElementChild?.localName ?? "log-in refused";
      throw new StreamError(why === "not-authorized" ? REFUSED : childText(told, "text") || why);
    }
    await sasl.finish(told.textContent ?? "");
  }

  /** @param {string} resource */
  async bind(resource) {
    const wish = element(SPACES.bind, "bind", {}, element(SPACES.bind, "resource", {}, resource));
    this.send(element(SPACES.client, "iq", { type: "set", id: "bind" }, wish));
    const told = await this.next("iq");
    const jid = childText(child(told, "bind"), "jid");
    if (!jid) {
      throw new StreamError("the server binds no resource");
    }
    return jid;
  }

  /** The next stanza, which has to have one of these names. @param {...string} names @returns {Promise<Element>} */
  next(...names) {
    return new Promise((resolve, reject) => {
      this.refuse = reject;
      this.wanted = (stanza) => {
        this.wanted = null;
        const isRight = names.includes(stanza.localName);
        isRight ? resolve(stanza) : reject(new StreamError(`the server says ${stanza.localName}`));
      };
      const waiting = this.read.shift();
      if (waiting) {
        this.wanted(waiting);
      }
    });
  }

  /** @param {unknown} data */
  receive(data) {
    const stanza = typeof data === "string" ? parse(data) : null;
    if (!stanza) {
      this.end("the server sends what is no XML");
      return;
    }
    this.report("received", stanza);
    if (stanza.localName === "close") {
      this.end("the server has closed the stream");
    } else if (this.isBound) {
      this.tell(stanza);
    } else if (this.wanted) {
      this.wanted(stanza);
    } else {
      this.read.push(stanza);
    }
  }

  /** @param {Element} stanza */
  tell(stanza) {
    this.dispatchEvent(new CustomEvent("received", { detail: { stanza } }));
  }

  /** @param {"sent" | "received"} direction @param {Element} stanza */
  report(direction, stanza) {
    this.dispatchEvent(new CustomEvent("stanza", { detail: { direction, stanza, at: this.now() } }));
  }

  /** @param {string} reason */
  end(reason) {
    if (this.isEnded) {
      return;
    }
    this.isEnded = true;
    this.socket?.close();
    this.refuse?.(new StreamError(reason || "closed"));
    this.dispatchEvent(new CustomEvent("close", { detail: { reason } }));
  }
}
