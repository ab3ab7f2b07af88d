// Stanzas as elements of the browser's own XML: made, read, and written out. Escaping is the browser's.

export const SPACES = {
  client: "jabber:client",
  framing: "urn:ietf:params:xml:ns:xmpp-framing",
  streams: "http://etherx.jabber.org/streams",
  sasl: "urn:ietf:params:xml:ns:xmpp-sasl",
  bind: "urn:ietf:params:xml:ns:xmpp-bind",
  roster: "jabber:iq:roster",
  receipts: "urn:xmpp:receipts",
  muc: "http://jabber.org/protocol/muc",
  stanzas: "urn:ietf:params:xml:ns:xmpp-stanzas",
  ping: "urn:xmpp:ping",
  discoInfo: "http://jabber.org/protocol/disco#info",
};

const factory = document.implementation.createDocument(null, null);
const writer = new XMLSerializer();

/**
 * An element. Parts are elements and texts; what is null, undefined or "" is left out, of attributes as well.
 * @param {string} space
 * @param {string} name
 * @param {Record<string, string | null | undefined>} [attributes]
 * @param {...(Element | string | null | undefined)} parts
 */
export function element(space, name, attributes = {}, ...parts) {
  const made = factory.createElementNS(space, name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value) {
      made.setAttribute(key, value);
    }
  }
  made.append(...parts.filter(Boolean));
  return made;
}

/**
 * @param {string} text one frame of RFC 7395: one whole element
 * @returns {Element | null} null for what is no XML
 */
export function parse(text) {
  const found = new DOMParser().parseFromString(text, "application/xml");
  return found.querySelector("parsererror") ? null : found.documentElement;
}

/** @param {Element} stanza */
export function write(stanza) {
  return writer.serializeToString(stanza);
}

/**
 * The first child of that name, in any namespace unless one is given.
 * @param {Element | null | undefined} parent
 * @param {string} name
 * @param {string} [space]
 */
export function child(parent, name, space) {
  const children = [...(parent?.children ?? [])];
  return children.find((each) => each.localName === name && (!space || each.namespaceURI === space)) ?? null;
}

/**
 * @param {Element | null | undefined} parent
 * @param {string} name
 */
export function childText(parent, name) {
  return child(parent, name)?.textContent ?? "";
}

/** @param {string} jid */
export function bare(jid) {
  return jid.split("/", 1)[0].toLowerCase();
}

/** What follows the first stroke of an address, "" where there is none. @param {string} jid */
export function resource(jid) {
  const at = jid.indexOf("/");
  return at < 0 ? "" : jid.slice(at + 1);
}
