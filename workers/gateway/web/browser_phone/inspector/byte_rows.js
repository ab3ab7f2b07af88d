// The bytes of a document as rows of hexadecimal digits and of characters, cut where one span ends and the next begins.

const MAX_SPAN_BYTES = 256;
const SHOWN_ENDS = [128, 32];
export const MAX_ROWS = 1000;

/**
 * @typedef {import("../wire/wbxml_reader.js").Span} Span
 * @typedef {{number: number, hex: string, text: string}} Run bytes of one span
 * @typedef {{offset: number, runs: Run[], skipped: number, last: number}} ByteRow `skipped` bytes instead of runs, of span `last`
 */

/**
 * @param {Uint8Array} bytes
 * @param {Span[]} spans
 * @param {number} width bytes a row
 * @param {Set<Span>} hidden spans whose bytes are not shown
 * @returns {{rows: ByteRow[], left: number}} and how many bytes are in no row
 */
export function byteRows(bytes, spans, width, hidden) {
  /** @type {ByteRow[]} */
  const rows = [];
  let room = 0;
  for (const [number, span] of spans.entries()) {
    for (const [start, end, isShown] of parts(span)) {
      if (!isShown) {
        rows.push({ offset: start, runs: [], skipped: end - start, last: number });
        room = 0;
        continue;
      }
      for (let at = start; at < end; ) {
        if (room === 0) {
          rows.push({ offset: at, runs: [], skipped: 0, last: number });
          room = width;
        }
        const stop = Math.min(end, at + room);
        rows.at(-1)?.runs.push(run(bytes.subarray(at, stop), number, hidden.has(span)));
        room -= stop - at;
        at = stop;
      }
    }
    if (rows.length > MAX_ROWS) {
      return { rows, left: bytes.length - span.end };
    }
  }
  return { rows, left: 0 };
}

/** A long span, a picture mostly, is shown by its begin and its end. @param {Span} span @returns {[number, number, boolean][]} */
function parts({ start, end }) {
  if (end - start <= MAX_SPAN_BYTES) {
    return [[start, end, true]];
  }
  const [from, to] = [start + SHOWN_ENDS[0], end - SHOWN_ENDS[1]];
  return [[start, from, true], [from, to, false], [to, end, true]];
}

/** @param {Uint8Array} bytes @param {number} number @param {boolean} isHidden @returns {Run} */
function run(bytes, number, isHidden) {
  const hex = [...bytes].map((byte) => (isHidden ? "··" : byte.toString(16).padStart(2, "0"))).join(" ");
  const text = [...bytes].map((byte) => (isHidden || byte < 0x20 || byte > 0x7e ? "·" : String.fromCharCode(byte))).join("");
  return { number, hex, text };
}
