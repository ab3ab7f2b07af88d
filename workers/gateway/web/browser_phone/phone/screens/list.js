/** A list to choose from: menus, contacts, groups, forms. */

import { clip, measure, wrap } from "../font.js";
import { COLOURS, LINE_HEIGHT } from "../painter.js";
import { drawScrollBar, Screen } from "./screen.js";

const ROW = 13;
const ICON_ROOM = 13;

/**
 * @typedef {object} Row
 * @property {string} id what stays chosen when the list changes
 * @property {string} label
 * @property {string} [detail] a second line, shown while the row is chosen
 * @property {string} [value] shown at the right
 * @property {string} [icon]
 * @property {string} [colour] of the icon
 * @property {string} [meaning] the icon in a word
 * @property {boolean} [heading] a line between rows that cannot be chosen
 * @property {() => void} [act]
 */

export class ListScreen extends Screen {
  constructor(phone) {
    super(phone);
    this._chosen = "";
    this._index = 0;
    this._first = 0;
    /** Where rows were drawn. @type {{id: string, top: number, bottom: number}[]} */
    this._places = [];
  }

  /** @returns {Row[]} */
  rows() {
    return [];
  }

  /** What stands there when there is nothing to choose. */
  empty() {
    return "Nothing here";
  }

  /** The word above the middle key. */
  verb() {
    return "Select";
  }

  /** @returns {Row | undefined} */
  chosen() {
    return this.rows()[this._at(this.rows())];
  }

  choose(id) {
    this._chosen = id;
  }

  softKeys() {
    const row = this.chosen();
    const select = row?.act ? { label: this.verb(), act: row.act } : undefined;
    return { left: this.leftKey() ?? select, middle: this.leftKey() ? select : undefined, right: this.backKey() };
  }

  /** The left soft key where it is not the choice itself. */
  leftKey() {
    return undefined;
  }

  key(name) {
    const rows = this.rows();
    const step = { up: -1, down: 1 }[name];
    if (step) this._move(rows, step);
    return Boolean(step);
  }

  point(y) {
    const place = this._places.find(({ top, bottom }) => y >= top && y < bottom);
    const row = place && this.rows().find(({ id }) => id === place.id);
    if (!row || row.heading) return;
    this._chosen = row.id;
    row.act?.();
  }

  /** A letter goes to the next row that begins with it. */
  type(text) {
    const rows = this.rows();
    const start = this._at(rows);
    for (let step = 1; step <= rows.length; step++) {
      const row = rows[(start + step) % rows.length];
      if (!row.heading && row.label.toLowerCase().startsWith(text.toLowerCase())) {
        this._chosen = row.id;
        return true;
      }
    }
    return false;
  }

  draw(painter, top, bottom) {
    const rows = this.rows();
    if (!rows.some((row) => !row.heading)) {
      const lines = wrap(this.empty(), painter.width - 16);
      lines.forEach((line, number) =>
        painter.text(8, top + 10 + number * LINE_HEIGHT, line, COLOURS.quiet, { align: "middle", width: painter.width - 16 }),
      );
      return;
    }
    const index = this._at(rows);
    const heights = rows.map((row, number) => (number === index && row.detail ? ROW + LINE_HEIGHT : ROW));
    this._scroll(heights, index, bottom - top);
    this._drawRows(painter, rows, index, heights, top, bottom);
  }

  lines() {
    const rows = this.rows();
    const index = this._at(rows);
    return rows.length ? rows.map((row, number) => inWords(row, number === index)) : [this.empty()];
  }

  said() {
    const rows = this.rows();
    const row = this.chosen();
    if (!row) return `${this.title()}. ${this.empty()}`;
    const choices = rows.filter((each) => !each.heading);
    return `${this.title()}. ${inWords(row, false)}. ${choices.indexOf(row) + 1} of ${choices.length}`;
  }

  /** The row that is chosen; where that one is gone, the one in its place. */
  _at(rows) {
    const found = rows.findIndex((row) => row.id === this._chosen && !row.heading);
    if (found >= 0) this._index = found;
    else this._index = nearest(rows, Math.min(this._index, rows.length - 1));
    return this._index;
  }

  _move(rows, step) {
    if (!rows.some((row) => !row.heading)) return;
    let at = this._at(rows);
    do at = (at + step + rows.length) % rows.length;
    while (rows[at].heading);
    [this._index, this._chosen] = [at, rows[at].id];
  }

  _scroll(heights, index, room) {
    const sum = (from, to) => heights.slice(from, to + 1).reduce((all, each) => all + each, 0);
    this._first = Math.min(this._first, index);
    if (index === 1) this._first = 0; // a heading above the first row is seen with it
    while (sum(this._first, index) > room) this._first++;
    while (this._first > 0 && sum(this._first - 1, heights.length - 1) <= room) this._first--;
  }

  _drawRows(painter, rows, index, heights, top, bottom) {
    const all = heights.reduce((sum, each) => sum + each, 0);
    const width = all > bottom - top ? painter.width - 4 : painter.width;
    let [y, shown] = [top, 0];
    this._places = [];
    for (let number = this._first; number < rows.length && y + heights[number] <= bottom; number++, shown++) {
      this._places.push({ id: rows[number].id, top: y, bottom: y + heights[number] });
      drawRow(painter, width, rows[number], y, heights[number], number === index);
      y += heights[number];
    }
    drawScrollBar(painter, top, bottom, this._first, shown, rows.length);
  }
}

function nearest(rows, index) {
  for (let away = 0; away <= rows.length; away++) {
    for (const at of [index + away, index - away]) if (rows[at] && !rows[at].heading) return at;
  }
  return 0;
}

function inWords(row, chosen) {
  const words = [...new Set([row.label, row.meaning, row.value, row.detail])].filter(Boolean).join(", ");
  return row.heading ? `${row.label}:` : `${chosen ? "> " : ""}${words}`;
}

function drawRow(painter, width, row, y, height, chosen) {
  if (row.heading) {
    painter.text(4, y + 1, row.label, COLOURS.quiet, { width: width - 4 });
    painter.rect(4, y + ROW - 1, width - 8, 1, COLOURS.line);
    return;
  }
  if (chosen) painter.rect(0, y, width, height, COLOURS.chosen);
  const colour = chosen ? COLOURS.chosenText : COLOURS.ink;
  const left = row.icon ? 4 + ICON_ROOM : 4;
  if (row.icon) painter.icon(row.icon, 4, y + 3, chosen ? COLOURS.chosenText : (row.colour ?? COLOURS.quiet));
  const value = row.value ? clip(row.value, Math.floor((width - left) * 0.6)) : "";
  const end = value ? measure(value) + 7 : 4;
  painter.text(left, y + 1, row.label, colour, { width: width - left - end });
  if (value) painter.text(left, y + 1, value, colour, { width: width - left - 4, align: "right" });
  if (chosen && row.detail) painter.text(left, y + ROW - 1, row.detail, colour, { width: width - left - 2 });
}
