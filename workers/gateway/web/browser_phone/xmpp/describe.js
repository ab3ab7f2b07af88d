// A stanza in words for people: its name as XML has it, who it is from or to, and what it says.

import { stanzaWithoutSecrets } from "../inspector/secrets.js";
import { SPACES, bare, child, childText, resource } from "./stanza.js";

const INDENT = "  ";

/**
 * @param {"sent" | "received"} direction
 * @param {Element} stanza
 * @returns {{name: string, text: string}}
 */
export function describe(direction, stanza) {
  const other = stanza.getAttribute(direction === "sent" ? "to" : "from") ?? "";
  const who = other && isStanza(stanza) ? `${direction === "sent" ? "to" : "from"} ${person(other)}` : "";
  const words = { message: messageWords, presence: presenceWords, iq: iqWords }[stanza.localName]?.(stanza) ?? "";
  return { name: `<${stanza.localName}/>`, text: [who, words].filter(Boolean).join(": ") };
}

/** The XML, an element a line, without what a log-in proves itself by. @param {Element} stanza @param {boolean} areSecretsShown */
export function pretty(stanza, areSecretsShown) {
  return lines(areSecretsShown ? stanza : stanzaWithoutSecrets(stanza), "", null).join("\n");
}

/** @param {Element} stanza */
function isStanza(stanza) {
  return ["message", "presence", "iq"].includes(stanza.localName);
}

/** As short as people say it: alice, or alice in lobby. @param {string} jid */
function person(jid) {
  const name = bare(jid).split("@", 1)[0];
  const isRoom = bare(jid).includes("@conference.");
  return isRoom && resource(jid) ? `${resource(jid)} in ${name}` : name;
}

/** @param {Element} stanza */
function messageWords(stanza) {
  const body = childText(stanza, "body") || childText(stanza, "subject");
  if (body || stanza.getAttribute("type") === "error") {
    return body || "error";
  }
  return child(stanza, "received", SPACES.receipts) ? "receipt: it has arrived" : "";
}

/** @param {Element} stanza */
function presenceWords(stanza) {
  const kind = stanza.getAttribute("type");
  return kind ? { unavailable: "offline" }[kind] ?? kind : [childText(stanza, "show") || "online", childText(stanza, "status")].filter(Boolean).join(", ");
}

/** @param {Element} stanza */
function iqWords(stanza) {
  const inside = stanza.firstElementChild;
  const kind = stanza.getAttribute("type") ?? "";
  const space = inside?.namespaceURI?.split(/[:/]/).at(-1)?.split("#")[0];
  return inside ? `${kind}, ${inside.localName === "query" ? space : inside.localName}` : kind;
}

/** @param {Element} element @param {string} indent @param {string | null} space of the parent @returns {string[]} */
function lines(element, indent, space) {
  const named = element.namespaceURI === space ? [] : [["xmlns", element.namespaceURI ?? ""]];
  const told = [...element.attributes].filter(({ name }) => !/^xmlns(:|$)/.test(name)).map(({ name, value }) => [name, value]);
  const start = element.tagName + [...named, ...told].map(([name, value]) => ` ${name}="${value}"`).join("");
  if (element.childNodes.length === 0) {
    return [`${indent}<${start}/>`];
  }
  if (element.children.length === 0) {
    return [`${indent}<${start}>${element.textContent}</${element.tagName}>`];
  }
  const inside = [...element.children].flatMap((each) => lines(each, indent + INDENT, element.namespaceURI));
  return [`${indent}<${start}>`, ...inside, `${indent}</${element.tagName}>`];
}
