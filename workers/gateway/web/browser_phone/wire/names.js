// Element names: one spelling for each, in place of those of phones and their dictionaries; and the version a document is in.

import { LIMITS, NAME_ALIASES, NAMESPACES, OTHER_PUBLIC_IDS, PUBLIC_IDS, TAGS } from "./tables.js";

export const CSP_VERSIONS = ["1.0", "1.1", "1.2", "1.3"];
export const DEFAULT_VERSION = "1.2";

// Where a name or token missing from a document's own version is looked for. Not in 1.0: it gave tokens other meanings.
export const FALLBACK_VERSIONS = ["1.3", "1.2", "1.1"];

// 1.3 renamed the element and kept its token.
export const CIR_ADDRESS = ["CIRURL", "CIRHTTPAddress"];

const NAME = /^[A-Za-z_][A-Za-z0-9._-]*$/;
const DIGITS = /(?:CSP|TRC|PA)(\d\.\d)\s*$/i;
const FAMILIES = [["/imps-", "1.3"], ["openmobilealliance", "1.2"], ["village.org/", "1.1"]];

const folded = new Map();
for (const version of [...FALLBACK_VERSIONS, "1.0"]) {
  for (const name of Object.values(TAGS[version])) {
    if (!folded.has(name.toLowerCase())) {
      folded.set(name.toLowerCase(), name);
    }
  }
}
for (const [alias, name] of Object.entries(NAME_ALIASES)) {
  folded.set(alias, name);
}

const versionOfUri = new Map();
const versionOfPublicText = new Map();
for (const [version, uris] of Object.entries(NAMESPACES)) {
  for (const uri of Object.values(uris)) {
    versionOfUri.set(uri, version);
  }
  for (const text of OTHER_PUBLIC_IDS[version]) {
    versionOfPublicText.set(text, version);
  }
}
for (const [version, text] of Object.entries(PUBLIC_IDS)) {
  versionOfPublicText.set(text, version);
}

/**
 * The tables' spelling of a name, or the name itself when no table has it.
 * @param {string} name
 * @returns {string}
 */
export function canonicalName(name) {
  return folded.get(name.toLowerCase()) ?? name;
}

/** @param {string} name */
export function isName(name) {
  return name.length <= LIMITS.MAX_NAME_LENGTH && NAME.test(name);
}

/**
 * The name without its prefix.
 * @param {string} name
 */
export function localName(name) {
  return name.slice(name.lastIndexOf(":") + 1);
}

/** Whether elements of this name carry the namespace of their version. @param {string} name */
export function isNamespaced(name) {
  return Object.hasOwn(NAMESPACES["1.2"], name);
}

/** The name of CIRURL or CIRHTTPAddress in that version. @param {string} version */
export function cirAddress(version) {
  return version === "1.2" ? "CIRURL" : "CIRHTTPAddress";
}

/**
 * The version that an xmlns names: by its digits, else by the family of its address.
 * @param {string} uri
 * @returns {string | null}
 */
export function versionOfNamespace(uri) {
  if (versionOfUri.has(uri)) {
    return versionOfUri.get(uri);
  }
  const digits = DIGITS.exec(uri.slice(-32));
  if (digits && CSP_VERSIONS.includes(digits[1])) {
    return digits[1];
  }
  const small = uri.slice(0, LIMITS.MAX_NAME_LENGTH).toLowerCase();
  return FAMILIES.find(([mark]) => small.includes(mark))?.[1] ?? null;
}

/**
 * @param {string} text
 * @returns {string | null}
 */
export function versionOfPublicId(text) {
  return versionOfPublicText.get(text.trim().split(/\s+/).join(" ")) ?? null;
}
