/** Text in the phone's pixel font: how wide it is, where its lines break, which pixels it lights. Knows no canvas. */

import { BOLD, GLYPHS, ICONS, MARKS } from "./glyphs.js";

export const LINE_HEIGHT = 11;
/** Rows above row 0 that accents of capitals need. */
export const ABOVE = 2;
// Characters without a glyph are drawn by the browser's own font. From here on they are as wide as they are high.
const FIRST_WIDE = 0x1100;
const X_HEIGHT_TOP = 2;

/** @typedef {{width: number, pixels: [number, number][]}} Glyph */

/** @type {Map<string, Glyph | null>} */
const made = new Map();

/** The pixels of rows such as "2|##./#.#". @returns {Glyph} */
function parse(rows) {
  const [, first, drawn] = /^(?:(\d)\|)?(.*)$/s.exec(rows);
  const lines = drawn.split("/");
  const pixels = [];
  lines.forEach((line, row) => [...line].forEach((lit, x) => lit === "#" && pixels.push([x, row + Number(first ?? 0)])));
  return { width: Math.max(...lines.map((line) => line.length)), pixels };
}

/** A letter with the accents that stand behind it in decomposed text. @returns {Glyph | null} */
function accented(character) {
  const [base, ...marks] = character.normalize("NFD");
  if (!marks.length || !GLYPHS[base] || !marks.every((mark) => MARKS[mark])) return null;
  const above = marks.some((mark) => !MARKS[mark].startsWith("7|"));
  const letter = parse(GLYPHS[base === "i" && above ? "ı" : base]);
  let { width } = letter;
  let pixels = [...letter.pixels];
  for (const mark of marks) {
    const drawn = parse(MARKS[mark]);
    const below = MARKS[mark].startsWith("7|");
    const height = Math.max(...drawn.pixels.map(([, y]) => y)) + 1;
    const top = Math.min(...pixels.map(([, y]) => y));
    const gap = top >= X_HEIGHT_TOP ? 1 : 0;
    if (drawn.width > width) {
      pixels = pixels.map(([x, y]) => [x + Math.floor((drawn.width - width) / 2), y]);
      width = drawn.width;
    }
    const left = Math.floor((width - drawn.width) / 2);
    pixels.push(...drawn.pixels.map(([x, y]) => [x + left, below ? y : y + top - gap - height]));
  }
  return { width, pixels };
}

/** The glyph of one character, null where the font has none. @returns {Glyph | null} */
export function glyph(character) {
  if (!made.has(character)) {
    const rows = Object.hasOwn(GLYPHS, character) ? GLYPHS[character] : null;
    made.set(character, rows ? parse(rows) : accented(character));
  }
  return made.get(character);
}

/** The glyph of a bold character: its own, or the thin one drawn twice. @returns {Glyph | null} */
export function boldGlyph(character) {
  const known = `bold ${character}`;
  if (!made.has(known)) made.set(known, Object.hasOwn(BOLD, character) ? parse(BOLD[character]) : twice(glyph(character)));
  return made.get(known);
}

function twice(drawn) {
  return drawn && { width: drawn.width + 1, pixels: drawn.pixels.flatMap(([x, y]) => [[x, y], [x + 1, y]]) };
}

/** @returns {Glyph} */
export function icon(name) {
  const known = `icon ${name}`;
  if (!made.has(known)) made.set(known, parse(ICONS[name]));
  return made.get(known);
}

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** What a person sees as characters: an emoji of several code points is one. @returns {string[]} */
export function characters(text) {
  if (/^[\x20-\x7e]*$/.test(text)) return [...text];
  return [...segmenter.segment(text.normalize("NFC"))].map((each) => each.segment);
}

/** The width of a character for which there is no glyph. */
export function foreignWidth(character) {
  return character.codePointAt(0) < FIRST_WIDE ? 5 : 9;
}

/** How many pixels a character takes, with the gap behind it. */
export function advance(character, bold = false) {
  const drawn = bold ? boldGlyph(character) : glyph(character);
  return (drawn?.width ?? foreignWidth(character)) + 1;
}

/** The width of a line in pixels. */
export function measure(text, bold = false) {
  return characters(text).reduce((sum, each) => sum + advance(each, bold), 0);
}

/** The beginning of a line that fits, with dots where something is left out. */
export function clip(text, width, bold = false) {
  const line = text.replace(/\s+/g, " ");
  if (measure(line, bold) <= width) return line;
  let [kept, room] = ["", width - advance("…", bold)];
  for (const each of characters(line)) {
    room -= advance(each, bold);
    if (room < 0) break;
    kept += each;
  }
  return `${kept.trimEnd()}…`;
}

/**
 * The lines of a text, broken at blanks, or within a word that is longer than a line. Joined, they are the text again, but for
 * the newlines.
 * @returns {string[]}
 */
export function wrap(text, width) {
  return text.split(/\r?\n/).flatMap((paragraph) => wrapParagraph(paragraph, width));
}

function wrapParagraph(paragraph, width) {
  const lines = [];
  let [line, used] = ["", 0];
  for (const word of paragraph.split(/(?<= )/)) {
    if (used && used + measure(word.trimEnd()) > width) {
      lines.push(line);
      [line, used] = ["", 0];
    }
    for (const each of characters(word)) {
      if (used + advance(each) > width && each !== " ") {
        lines.push(line);
        [line, used] = ["", 0];
      }
      line += each;
      used += advance(each);
    }
  }
  lines.push(line);
  return lines;
}
