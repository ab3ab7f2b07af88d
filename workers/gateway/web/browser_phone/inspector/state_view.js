// What a phone and the server have agreed on, and what they are at: the state of the session and its transactions.

import { make, shortened } from "./dom.js";

const MAX_TRANSACTIONS = 12;
const PHASES = { off: "not logged in", "logging-in": "logging in", on: "logged in", ended: "ended" };

export class StateView {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.list = make("dl", { class: "inspector-state" });
    element.append(this.list);
  }

  /** A client that has ended has agreed on nothing. @param {any} state of an ImpsClient, or null */
  show(state) {
    const isOver = !state || state.phase === "off" || state.phase === "ended";
    const rows = isOver ? [phase(state)] : [...facts(state), ["transactions", transactions(state.transactions ?? [])]];
    this.list.replaceChildren(...rows.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value || "none")]));
  }
}

/** @param {any} state of a client, or null @returns {[string, string]} */
function phase(state) {
  const name = /** @type {keyof PHASES} */ (state?.phase ?? "off");
  return ["phase", PHASES[name] ?? String(name)];
}

/** @param {any} state @returns {[string, string][]} */
function facts(state) {
  return [
    phase(state),
    ["SessionID", String(state.sessionId || "")],
    ["CSP", state.csp ? `${state.csp}, ${String(state.encoding ?? "").toUpperCase()}` : ""],
    ["keep-alive", seconds(state.keepAlive)],
    ["poll every", seconds(state.pollEvery)],
    ["services", words(state.services)],
  ];
}

/** @param {unknown} value */
function seconds(value) {
  return typeof value === "number" && value > 0 ? `${value} s` : "";
}

/** Names out of a list, a set, a map, an object or an element tree. @param {any} value */
function words(value) {
  if (!value || typeof value === "string") {
    return value ?? "";
  }
  const names = Symbol.iterator in value ? [...value] : Object.keys(value).filter((key) => value[key]);
  return shortened(names.map((each) => each.name ?? each).join(", "), 400);
}

/** Those that run; else the last one. @param {any[]} all */
function transactions(all) {
  const running = all.filter((each) => each.state === "open").slice(-MAX_TRANSACTIONS);
  const last = all.at(-1);
  if (running.length > 0 || !last) {
    return running.map(({ tid, primitive }) => `${tid} ${primitive}`).join("; ");
  }
  return `none; the last was ${last.tid} ${last.primitive}`;
}
