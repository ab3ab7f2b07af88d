/** What every screen of the phone has: a title, three soft keys, something to draw, and the same in words. */

import { measure } from "../font.js";
import { COLOURS, LINE_HEIGHT } from "../painter.js";

export const SOFT_HEIGHT = 13;
export const TITLE_HEIGHT = 13;

/**
 * A soft key: what stands above it, and what it does.
 * @typedef {{label: string, act: () => void}} SoftKey
 */

export class Screen {
  /** @param {import("../navigation.js").Navigation} phone opens and closes screens */
  constructor(phone) {
    this.phone = phone;
  }

  title() {
    return "";
  }

  /** @returns {{left?: SoftKey, middle?: SoftKey, right?: SoftKey}} */
  softKeys() {
    return { right: this.backKey() };
  }

  /** @returns {SoftKey} */
  backKey(label = "Back") {
    return { label, act: () => this.phone.back() };
  }

  /** Draws the part between title and soft keys. @param {import("../painter.js").Painter} painter */
  draw(painter, top, bottom) {}

  /** All that the screen shows, a line each, for those who do not see it. @returns {string[]} */
  lines() {
    return [];
  }

  /** What is said when the screen opens or changes: short, because a screen reader reads it out. */
  said() {
    return [this.title(), ...this.lines()].filter(Boolean).join(". ");
  }

  /** A key of the phone. True where the screen has used it. */
  key(name) {
    return false;
  }

  /** A key that is held down. */
  hold(name) {
    return false;
  }

  /** A character of a computer's keyboard, or a text from the clipboard. */
  type(text) {
    return false;
  }

  /** Somebody points at the content of the screen, at this height. No phone of 2005 knew that; people of today try it. */
  point(y) {}

  /** The screen has come to the top. */
  shown() {}

  /** The screen is not at the top any more. */
  hidden() {}

  /** Whether a question may be put on top of it now; not where somebody is writing. */
  get mayBeCovered() {
    return true;
  }
}

/** What a soft key does: the screen's own, and the middle key for the left one where it has no other. */
export function pressSoft(screen, name) {
  const keys = screen.softKeys();
  const found = { "soft-left": keys.left, "soft-right": keys.right, ok: keys.middle ?? keys.left }[name];
  if (!found) return false;
  found.act();
  return true;
}

/** The key below a word of the soft keys, for a place on the screen; "" for a place above them. */
export function softKeyAt(painter, x, y) {
  if (y < painter.height - SOFT_HEIGHT) return "";
  return ["soft-left", "ok", "soft-right"][Math.max(0, Math.min(2, Math.floor((3 * x) / painter.width)))];
}

export function drawTitle(painter, top, text) {
  painter.rect(0, top, painter.width, TITLE_HEIGHT, COLOURS.bar);
  painter.text(3, top + 1, text, COLOURS.barText, { bold: true, width: painter.width - 6 });
}

export function drawSoftKeys(painter, { left, middle, right }) {
  const top = painter.height - SOFT_HEIGHT;
  painter.rect(0, top, painter.width, SOFT_HEIGHT, COLOURS.soft);
  painter.rect(0, top, painter.width, 1, COLOURS.line);
  const [first, last] = [measure(left?.label ?? "") + 2, measure(right?.label ?? "") + 2];
  painter.text(3, top + 2, left?.label ?? "", COLOURS.ink);
  painter.text(painter.width - 3 - last, top + 2, right?.label ?? "", COLOURS.ink, { width: last, align: "right" });
  if (!middle) return;
  const wanted = measure(middle.label, true);
  const centred = Math.floor((painter.width - wanted) / 2);
  const at = Math.max(3 + first, Math.min(centred, painter.width - 3 - last - wanted));
  painter.text(at, top + 2, middle.label, COLOURS.ink, { bold: true });
}

/** Lines of text from `first` on, as many as fit. Returns how many that were. */
export function drawLines(painter, lines, first, top, bottom, colour = COLOURS.ink) {
  const fit = Math.max(1, Math.floor((bottom - top) / LINE_HEIGHT));
  lines.slice(first, first + fit).forEach((line, row) => painter.text(4, top + row * LINE_HEIGHT, line, colour));
  return fit;
}

/** A bar at the right edge that shows which part of a long list or text is seen. */
export function drawScrollBar(painter, top, bottom, first, shown, all) {
  if (all <= shown) return;
  const height = bottom - top;
  painter.rect(painter.width - 3, top, 3, height, COLOURS.soft);
  const length = Math.max(6, Math.round((height * shown) / all));
  const at = Math.round(((height - length) * first) / Math.max(1, all - shown));
  painter.rect(painter.width - 3, top + at, 3, length, COLOURS.bar);
}
