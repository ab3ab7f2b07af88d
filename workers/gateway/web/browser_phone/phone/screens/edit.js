/** Writing: one text, by multi-tap or a computer's keyboard; and the page of symbols. */

import { advance, characters, wrap } from "../font.js";
import { Editor, SYMBOLS, TIMEOUT } from "../multitap.js";
import { COLOURS, LINE_HEIGHT } from "../painter.js";
import { Screen } from "./screen.js";

const DIGIT = /^[0-9]$/;
const CELL = 14;

export class EditScreen extends Screen {
  /**
   * @param {{title: string, hint?: string, text?: string, done: string, secret?: boolean, sentences?: boolean, limit?: number,
   *   numbers?: boolean, options?: () => void, accept: (text: string) => void, leave?: (text: string) => void}} field
   *   `done`: the word above the left soft key; `accept` gets the text then; `leave` gets it when the screen is left
   */
  constructor(phone, field) {
    super(phone);
    this._field = field;
    this._timer = 0;
    this.editor = new Editor({ ...field, mode: field.numbers ? "123" : "" });
  }

  title() {
    return this._field.title;
  }

  get mayBeCovered() {
    return false;
  }

  softKeys() {
    const right = this.editor.text
      ? { label: "Clear", act: () => this.key("clear") }
      : { label: "Back", act: () => this._leave() };
    return { left: { label: this._field.done, act: () => this._accept() }, right };
  }

  key(name) {
    const moves = { left: "left", right: "right", up: "start", down: "end" };
    if (DIGIT.test(name)) this._press(name);
    else if (name === "#") this.editor.nextMode();
    else if (name === "*") this._symbols();
    else if (name === "clear") this.editor.clear() || this._leave();
    else if (name === "escape" || name === "end") this._leave();
    else if (moves[name]) this.editor[moves[name]]();
    else return false;
    return name !== "end"; // which leaves more than this screen
  }

  hold(name) {
    if (DIGIT.test(name)) this.editor.hold(name);
    else if (name === "clear" || name === "soft-right") this.editor.clearAll();
    else return false;
    return true;
  }

  type(text) {
    this.editor.type(text);
    return true;
  }

  hidden() {
    clearTimeout(this._timer);
    this.editor.settle();
  }

  draw(painter, top, bottom) {
    const { editor } = this;
    const counter = this._field.secret ? "" : String(editor.room);
    painter.text(4, top + 1, editor.mode, COLOURS.quiet);
    painter.text(4, top + 1, counter, COLOURS.quiet, { align: "right", width: painter.width - 8 });
    const box = { x: 2, y: top + 13, width: painter.width - 4, height: bottom - top - 15 };
    painter.rect(box.x, box.y, box.width, box.height, "#ffffff");
    painter.frame(box.x, box.y, box.width, box.height, COLOURS.quiet);
    if (!editor.text && this._field.hint) this._drawHint(painter, box);
    painter.within(box.x + 1, box.y + 1, box.width - 2, box.height - 2, () => this._drawText(painter, box));
  }

  lines() {
    const shown = this._field.secret ? `${this.editor.text.length} characters` : this.editor.text || this._field.hint || "empty";
    return [`Text: ${shown}`, `Keys: ${this.editor.mode}`];
  }

  /** The word that is being written: a whole text that is read out at each letter would be too much. */
  said() {
    const { editor } = this;
    if (this._field.secret) return `${this.title()}. ${editor.text.length} characters`;
    return `${this.title()}. ${editor.before.split(/\s/).at(-1) || editor.before || this._field.hint || "empty"}. ${editor.mode}`;
  }

  _press(name) {
    this.editor.press(name, this.phone.now());
    clearTimeout(this._timer);
    this._timer = setTimeout(() => {
      this.editor.settle();
      this.phone.redraw();
    }, TIMEOUT);
  }

  _accept() {
    this.editor.settle();
    if (this.editor.text.trim()) this._field.accept(this.editor.text);
  }

  _leave() {
    this._field.leave?.(this.editor.text);
    this.phone.close(this);
  }

  _symbols() {
    this.editor.settle();
    this.phone.open(new SymbolScreen(this.phone, (symbol) => this.editor.type(symbol)));
  }

  _drawHint(painter, box) {
    wrap(this._field.hint, box.width - 12).forEach((line, number) =>
      painter.text(box.x + 6, box.y + 3 + number * LINE_HEIGHT, line, COLOURS.quiet),
    );
  }

  /** The text with its cursor in sight. The letter that can still change stands on a ground of its own. */
  _drawText(painter, box) {
    const { editor } = this;
    const shown = (text) => (this._field.secret ? masked(text, editor.pending && text === editor.before) : text);
    const [before, after] = [shown(editor.before), shown(editor.after)];
    const lines = wrap(before + after, box.width - 8);
    const cursor = placeOf(lines, before);
    const fit = Math.floor((box.height - 2) / LINE_HEIGHT);
    const first = Math.max(0, cursor.row - fit + 1);
    const y = (row) => box.y + 2 + (row - first) * LINE_HEIGHT;
    if (editor.pending) {
      const width = advance(characters(before).at(-1));
      painter.rect(box.x + 3 + cursor.x - width, y(cursor.row), width, LINE_HEIGHT, COLOURS.note);
    }
    lines.slice(first, first + fit).forEach((line, row) => painter.text(box.x + 4, y(row + first), line, COLOURS.ink));
    if (!editor.pending) painter.rect(box.x + 3 + cursor.x, y(cursor.row) + 1, 1, LINE_HEIGHT - 1, COLOURS.bad);
  }
}

/** Stars for a password; the letter that is being chosen is seen. */
function masked(text, last) {
  const all = characters(text);
  return all.map((each, number) => (last && number === all.length - 1 ? each : "*")).join("");
}

/** Row and pixel behind the last character of `before`, in the lines of a text that begins with it. */
function placeOf(lines, before) {
  let left = characters(before.replace(/\r/g, ""));
  for (let row = 0; row < lines.length; row++) {
    const line = characters(lines[row]);
    if (left.length <= line.length || row === lines.length - 1) {
      return { row, x: left.reduce((sum, each) => sum + advance(each), 0) };
    }
    left = left.slice(line.length);
    if (left[0] === "\n") left = left.slice(1);
  }
  return { row: 0, x: 0 };
}

/** Signs that no key has, to choose by the navigation key. */
class SymbolScreen extends Screen {
  constructor(phone, take) {
    super(phone);
    this._take = take;
    this._at = 0;
    this._columns = 8;
  }

  title() {
    return "Symbols";
  }

  get mayBeCovered() {
    return false;
  }

  softKeys() {
    return { left: { label: "Insert", act: () => this._insert() }, right: this.backKey() };
  }

  key(name) {
    const step = { left: -1, right: 1, up: -this._columns, down: this._columns }[name];
    if (step && SYMBOLS[this._at + step] !== undefined) this._at += step;
    return Boolean(step);
  }

  type(text) {
    this.phone.close(this);
    this._take(text);
    return true;
  }

  draw(painter, top) {
    this._columns = Math.floor((painter.width - 6) / CELL);
    SYMBOLS.forEach((symbol, number) => {
      const x = 4 + (number % this._columns) * CELL;
      const y = top + 3 + Math.floor(number / this._columns) * CELL;
      if (number === this._at) painter.rect(x, y, CELL, CELL, COLOURS.chosen);
      const colour = number === this._at ? COLOURS.chosenText : COLOURS.ink;
      painter.text(x, y + 1, symbol, colour, { width: CELL + 2, align: "middle" });
    });
  }

  lines() {
    return [`> ${SYMBOLS[this._at]}`, SYMBOLS.join(" ")];
  }

  said() {
    return `Symbol ${SYMBOLS[this._at]}`;
  }

  _insert() {
    this.phone.close(this);
    this._take(SYMBOLS[this._at]);
  }
}
