/** Draws on the phone's screen, pixel by pixel. Knows what text and icons look like, not what a screen is for. */

import { ABOVE, LINE_HEIGHT, advance, boldGlyph, characters, clip, foreignWidth, glyph, icon, measure } from "./font.js";

/** The colours of the screen. Text on its ground has a contrast of at least 4.5 to 1. */
export const COLOURS = {
  paper: "#f6faf8",
  ink: "#101815",
  quiet: "#4c5a54",
  bar: "#0b4f3a",
  barText: "#ffffff",
  soft: "#d7e6df",
  chosen: "#0b5c43",
  chosenText: "#ffffff",
  mine: "#0b5c43",
  theirs: "#1d3f8f",
  line: "#b9cbc3",
  bad: "#9b1c1c",
  note: "#fff3c4",
  available: "#16813f",
  away: "#a05a00",
  busy: "#b3261e",
  offline: "#6b7671",
};

/** A screen this wide or wider has pixels so small that each of ours is two by two of them. */
const FINE = 240;

export class Painter {
  /** @param {HTMLCanvasElement} canvas of the handset's own size in pixels */
  constructor(canvas) {
    this.unit = canvas.width >= FINE ? 2 : 1;
    this.width = Math.floor(canvas.width / this.unit);
    this.height = Math.floor(canvas.height / this.unit);
    this._context = canvas.getContext("2d");
    this._context.imageSmoothingEnabled = false;
  }

  rect(x, y, width, height, colour) {
    const { unit } = this;
    this._context.fillStyle = colour;
    this._context.fillRect(x * unit, y * unit, width * unit, height * unit);
  }

  frame(x, y, width, height, colour) {
    this.rect(x, y, width, 1, colour);
    this.rect(x, y + height - 1, width, 1, colour);
    this.rect(x, y, 1, height, colour);
    this.rect(x + width - 1, y, 1, height, colour);
  }

  /**
   * One line of text whose top is at y; LINE_HEIGHT high, times `scale`. Returns where it ends.
   * @param {{bold?: boolean, scale?: number, align?: "left" | "right" | "middle", width?: number}} [more] `width` clips it, and is
   *   what it is aligned in
   */
  text(x, y, text, colour, { bold = false, scale = 1, align = "left", width = 0 } = {}) {
    const shown = width ? clip(text, width / scale, bold) : text;
    const room = width - measure(shown, bold) * scale;
    let at = x + (align === "right" ? room : align === "middle" ? Math.floor(room / 2) : 0);
    for (const each of characters(shown)) {
      const drawn = bold ? boldGlyph(each) : glyph(each);
      if (drawn) this._pixels(drawn, at, y + ABOVE * scale, colour, scale);
      else this._foreign(at, y + ABOVE * scale, each, colour, scale);
      at += advance(each, bold) * scale;
    }
    return at;
  }

  icon(name, x, y, colour) {
    this._pixels(icon(name), x, y, colour, 1);
  }

  /** A picture, as large as fits into the room given, in the handset's own pixels. Returns its height in ours. */
  picture(image, x, y, width, height) {
    const size = fitted(image, width * this.unit, height * this.unit);
    this._context.drawImage(image, x * this.unit, y * this.unit, size.width, size.height);
    return Math.ceil(size.height / this.unit);
  }

  /** What is drawn meanwhile stays inside this rectangle. */
  within(x, y, width, height, draw) {
    const { unit, _context: context } = this;
    context.save();
    context.beginPath();
    context.rect(x * unit, y * unit, width * unit, height * unit);
    context.clip();
    draw();
    context.restore();
  }

  _pixels(drawn, x, y, colour, scale) {
    for (const [column, row] of drawn.pixels) this.rect(x + column * scale, y + row * scale, scale, scale, colour);
  }

  /** A character of another script, or an emoji, by the browser's own font. */
  _foreign(x, y, character, colour, scale) {
    const size = scale * this.unit;
    this._context.fillStyle = colour;
    this._context.font = `${9 * size}px sans-serif`;
    this._context.textBaseline = "alphabetic";
    this._context.fillText(character, x * this.unit, (y + 7 * scale) * this.unit, foreignWidth(character) * size);
  }
}

/** The size of an image that is made to fit, never larger than it is. */
export function fitted(image, width, height) {
  const scale = Math.min(1, width / image.width, height / image.height);
  return { width: Math.max(1, Math.round(image.width * scale)), height: Math.max(1, Math.round(image.height * scale)) };
}

export { LINE_HEIGHT };
