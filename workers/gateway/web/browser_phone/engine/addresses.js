// Addresses of users and groups in the form in which this phone compares them.

/**
 * The address of a user as a key: small letters, with wv: and with a domain.
 * @param {string} text as it was typed, or as it came
 * @param {string} domain of whoever names none
 */
export function userKey(text, domain) {
  const bare = text.trim().toLowerCase().replace(/^wv:/, "");
  return `wv:${bare}${bare.includes("@") || !domain ? "" : `@${domain}`}`;
}

/** The domain of an address, "" if it has none. @param {string} text */
export function domainOf(text) {
  const at = text.lastIndexOf("@");
  return at < 0 ? "" : text.slice(at + 1).toLowerCase();
}

/** The name in an address: bob of wv:bob@example.org, lobby of wv:/lobby@example.org. @param {string} text */
export function localPart(text) {
  const bare = text.replace(/^wv:/i, "").replace(/@[^@]*$/, "");
  return bare.slice(bare.indexOf("/") + 1);
}

/** Whether it is the address of a group. @param {string} text */
export function isGroup(text) {
  return text.replace(/@[^@]*$/, "").includes("/");
}

/**
 * The address of a group of one's own.
 * @param {string} name what its owner calls it
 * @param {string} own the owner's address
 */
export function ownGroup(name, own) {
  const resource = name.trim().toLowerCase().replace(/[^a-z0-9._-]+/g, "-").replace(/^-+|-+$/g, "") || "group";
  const [, user, domain] = /^wv:([^@]*)(@.*)?$/.exec(own) ?? [];
  return `wv:${user}/${resource}${domain ?? ""}`;
}
