// The digests of a four-way log-in: MD5, SHA-1 and MD4. Their own code, since browsers have none of them on a page that came over
// plain HTTP from another machine, which is where phones are.

import { toBase64 } from "../wire/values.js";

const HASHES = { MD5: md5, SHA: sha1, MD4: md4 };

/** Whether a phone can make a digest by that schema. @param {string} schema */
export function isDigestSchema(schema) {
  return Object.hasOwn(HASHES, schema);
}

/**
 * DigestBytes: BASE64 of the hash of nonce and password, both as ISO 8859-1, other characters as "?".
 * @param {string} schema
 * @param {string} nonce
 * @param {string} password
 */
export function loginDigest(schema, nonce, password) {
  const bytes = Array.from(nonce + password, (char) => (char.codePointAt(0) < 256 ? char.codePointAt(0) : 0x3f));
  return toBase64(HASHES[schema](Uint8Array.from(bytes)));
}

/** @param {Uint8Array} bytes */
export function md5(bytes) {
  const shifts = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
  const mix = [
    (b, c, d) => (b & c) | (~b & d),
    (b, c, d) => (d & b) | (~d & c),
    (b, c, d) => b ^ c ^ d,
    (b, c, d) => c ^ (b | ~d),
  ];
  const place = [(i) => i, (i) => (5 * i + 1) % 16, (i) => (3 * i + 5) % 16, (i) => (7 * i) % 16];
  return hashed(bytes, [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476], true, (state, words) => {
    let [a, b, c, d] = state;
    for (let step = 0; step < 64; step++) {
      const round = step >> 4;
      const added = a + mix[round](b, c, d) + Math.floor(Math.abs(Math.sin(step + 1)) * 2 ** 32) + words[place[round](step)];
      [a, b, c, d] = [d, (b + rotated(added, shifts[round][step % 4])) | 0, b, c];
    }
    return [a, b, c, d];
  });
}

/** @param {Uint8Array} bytes */
export function md4(bytes) {
  const shifts = [[3, 7, 11, 19], [3, 5, 9, 13], [3, 9, 11, 15]];
  const constants = [0, 0x5a827999, 0x6ed9eba1];
  const mix = [
    (b, c, d) => (b & c) | (~b & d),
    (b, c, d) => (b & c) | (b & d) | (c & d),
    (b, c, d) => b ^ c ^ d,
  ];
  const place = [(i) => i, (i) => (i % 4) * 4 + (i >> 2), (i) => [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15][i]];
  return hashed(bytes, [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476], true, (state, words) => {
    let [a, b, c, d] = state;
    for (let step = 0; step < 48; step++) {
      const round = step >> 4;
      const added = a + mix[round](b, c, d) + constants[round] + words[place[round](step % 16)];
      [a, b, c, d] = [d, rotated(added, shifts[round][step % 4]), b, c];
    }
    return [a, b, c, d];
  });
}

/** @param {Uint8Array} bytes */
export function sha1(bytes) {
  const mix = [(b, c, d) => (b & c) | (~b & d), (b, c, d) => b ^ c ^ d, (b, c, d) => (b & c) | (b & d) | (c & d), (b, c, d) => b ^ c ^ d];
  const constants = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6];
  const start = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
  return hashed(bytes, start, false, (state, words) => {
    const wide = [...words];
    for (let at = 16; at < 80; at++) {
      wide.push(rotated(wide[at - 3] ^ wide[at - 8] ^ wide[at - 14] ^ wide[at - 16], 1));
    }
    let [a, b, c, d, e] = state;
    for (let step = 0; step < 80; step++) {
      const round = Math.floor(step / 20);
      const added = rotated(a, 5) + mix[round](b, c, d) + e + constants[round] + wide[step];
      [a, b, c, d, e] = [added | 0, a, rotated(b, 30), c, d];
    }
    return [a, b, c, d, e];
  });
}

/**
 * The frame that the three have in common: blocks of sixteen words, each added to the state.
 * @param {Uint8Array} bytes
 * @param {number[]} start
 * @param {boolean} little whether the least byte of a word goes first
 * @param {(state: number[], words: number[]) => number[]} compress
 */
function hashed(bytes, start, little, compress) {
  const padded = new Uint8Array((((bytes.length + 8) >> 6) + 1) * 64);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  const bits = [bytes.length << 3, bytes.length >>> 29];
  view.setUint32(padded.length - 8, little ? bits[0] : bits[1], little);
  view.setUint32(padded.length - 4, little ? bits[1] : bits[0], little);
  let state = start;
  for (let block = 0; block < padded.length; block += 64) {
    const words = Array.from({ length: 16 }, (_, at) => view.getInt32(block + 4 * at, little));
    state = compress(state, words).map((word, at) => (word + state[at]) | 0);
  }
  const out = new DataView(new ArrayBuffer(4 * state.length));
  state.forEach((word, at) => out.setInt32(4 * at, word, little));
  return new Uint8Array(out.buffer);
}

/** @param {number} word @param {number} by */
function rotated(word, by) {
  return (word << by) | (word >>> (32 - by));
}
