// SASL for the stream: SCRAM-SHA-1 (RFC 5802) where the page has the browser's cryptography, PLAIN (RFC 4616) where it has none.
// Browsers give cryptography to pages of this machine and to pages over HTTPS. PLAIN is for a server of this machine, or over TLS.

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const SHA1_BYTES = 20;
const MIN_ITERATIONS = 4096;
const MAX_ITERATIONS = 1000000;

/** The server's proof or its challenge is wrong: do not go on. */
export class SaslError extends Error {}

/**
 * The best way of those that the server offers.
 * @param {string[]} offered
 * @param {string} user
 * @param {string} password
 * @param {boolean} isPrivate nobody can listen on the way to the server
 */
export function chooseSasl(offered, user, password, isPrivate) {
  if (offered.includes("SCRAM-SHA-1") && globalThis.crypto?.subtle) {
    return new Scram(user, password);
  }
  if (offered.includes("PLAIN") && isPrivate) {
    return new Plain(user, password);
  }
  throw new SaslError(`no way to log in that both know: the server offers ${offered.join(", ") || "none"}`);
}

export class Plain {
  name = "PLAIN";

  /** @param {string} user @param {string} password */
  constructor(user, password) {
    this.message = `\0${user}\0${password}`;
  }

  async first() {
    return toBase64(encoder.encode(this.message));
  }

  async answer() {
    throw new SaslError("PLAIN has no second step");
  }

  async finish() {}
}

export class Scram {
  name = "SCRAM-SHA-1";

  /** @param {string} user @param {string} password @param {string} [nonce] fixed by tests */
  constructor(user, password, nonce = toBase64(crypto.getRandomValues(new Uint8Array(18)))) {
    this.password = password;
    this.nonce = nonce;
    this.bare = `n=${user.replaceAll("=", "=3D").replaceAll(",", "=2C")},r=${nonce}`;
  }

  async first() {
    return toBase64(encoder.encode(`n,,${this.bare}`));
  }

  /** The proof that we know the password. @param {string} challenge base64 */
  async answer(challenge) {
    const told = decoder.decode(fromBase64(challenge));
    const { r: nonce = "", s: salt = "", i: count = "" } = fields(told);
    const rounds = Number(count);
    if (!nonce.startsWith(this.nonce) || nonce.length <= this.nonce.length || !salt) {
      throw new SaslError("the challenge is not for us");
    }
    if (!(rounds >= MIN_ITERATIONS && rounds <= MAX_ITERATIONS)) {
      throw new SaslError(`the server wants ${count} rounds`);
    }
    const proofless = `c=biws,r=${nonce}`;
    const signed = encoder.encode(`${this.bare},${told},${proofless}`);
    const salted = await saltedPassword(this.password, fromBase64(salt), rounds);
    const clientKey = await hmac(salted, encoder.encode("Client Key"));
    const storedKey = new Uint8Array(await crypto.subtle.digest("SHA-1", clientKey));
    const signature = await hmac(storedKey, signed);
    this.expected = toBase64(await hmac(await hmac(salted, encoder.encode("Server Key")), signed));
    const proof = clientKey.map((byte, at) => byte ^ signature[at]);
    return toBase64(encoder.encode(`${proofless},p=${toBase64(proof)}`));
  }

  /** Whether the server knows the password as well. @param {string} success base64 */
  async finish(success) {
    if (!this.expected || fields(decoder.decode(fromBase64(success))).v !== this.expected) {
      throw new SaslError("the server did not prove that it knows the password");
    }
  }
}

/** @param {string} text @returns {Record<string, string>} */
function fields(text) {
  return Object.fromEntries(text.split(",").map((part) => [part.slice(0, 1), part.slice(2)]));
}

/** @param {string} password @param {Uint8Array} salt @param {number} iterations */
async function saltedPassword(password, salt, iterations) {
  const key = await crypto.subtle.importKey("raw", encoder.encode(password), "PBKDF2", false, ["deriveBits"]);
  const how = { name: "PBKDF2", hash: "SHA-1", salt, iterations };
  return new Uint8Array(await crypto.subtle.deriveBits(how, key, SHA1_BYTES * 8));
}

/** @param {Uint8Array} key @param {Uint8Array} data */
async function hmac(key, data) {
  const made = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-1" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", made, data));
}

/** @param {Uint8Array} bytes */
function toBase64(bytes) {
  return btoa(String.fromCharCode(...bytes));
}

/** @param {string} text */
function fromBase64(text) {
  try {
    return Uint8Array.from(atob(text.trim()), (char) => char.charCodeAt(0));
  } catch {
    throw new SaslError("that is no base64");
  }
}
