/**
 * Writing on twelve keys. A key pressed again in time gives its next letter. Knows no clock and draws nothing: the caller says when
 * a key was pressed, and asks again after TIMEOUT.
 */

import { characters } from "./font.js";

/** How long the letter under the cursor can still become the next one of its key, in ms. */
export const TIMEOUT = 1000;

export const LETTERS = {
  1: ".,?!'\"-()@/:;_1",
  2: "abc2äàáâåæç",
  3: "def3éèêë",
  4: "ghi4íìîï",
  5: "jkl5",
  6: "mno6öñøóòô",
  7: "pqrs7ß$",
  8: "tuv8üúùû",
  9: "wxyz9ý",
  0: " 0\n",
};

/** What the key "*" offers. */
export const SYMBOLS = [...".,?!:;-+*/=<>()[]{}'\"@#&%$€£§_\\|~^°", "😀", "😉", "😞", "😂", "❤"];

/** What "#" goes through. "Abc": the next letter is a capital, "ABC": all are. */
export const MODES = ["abc", "Abc", "ABC", "123"];

const SENTENCE_END = /(^|[.!?]\s+|\n)$/;

/** A text with a cursor, written by keys of a phone or of a computer. */
export class Editor {
  /** @param {{text?: string, limit?: number, mode?: string, sentences?: boolean}} [options] `sentences`: capitals come by themselves */
  constructor({ text = "", limit = 1000, mode = "", sentences = false } = {}) {
    this._before = characters(text);
    this._after = [];
    this._limit = limit;
    this._sentences = sentences;
    this._pending = null;
    this.mode = mode || "abc";
    this._begin();
  }

  get text() {
    return [...this._before, ...this._after].join("");
  }

  /** The text before the cursor. The letter that can still change is its last one. */
  get before() {
    return this._before.join("");
  }

  get after() {
    return this._after.join("");
  }

  /** Whether the last letter can still become another one. */
  get pending() {
    return this._pending !== null;
  }

  /** How many characters still fit. */
  get room() {
    return this._limit - this._before.length - this._after.length;
  }

  /** A key "0" to "9" at a time in ms. */
  press(key, now) {
    if (this.mode === "123") {
      this.type(key);
      return;
    }
    const again = this._pending?.key === key && now - this._pending.at < TIMEOUT;
    if (!again) this.settle();
    if (!again && this.room < 1) return;
    const index = again ? (this._pending.index + 1) % LETTERS[key].length : 0;
    if (again) this._before.pop();
    this._pending = { key, index, at: now };
    this._before.push(this._cased(LETTERS[key][index]));
  }

  /** A key held down: its digit, in the place of the letter that the press has given. */
  hold(key) {
    if (this._pending?.key === key) {
      this._before.pop();
      this._pending = null;
    } else if (this.mode === "123") {
      return;
    }
    this._put(key);
  }

  /** The letter under the cursor stays as it is. */
  settle() {
    if (!this._pending) return;
    this._pending = null;
    this._afterLetter();
  }

  /** Whether TIMEOUT has passed since the last press. */
  due(now) {
    return this._pending !== null && now - this._pending.at >= TIMEOUT;
  }

  /** Characters from elsewhere: a computer's keyboard, the clipboard, the page of symbols. */
  type(text) {
    this.settle();
    for (const each of characters(text)) this._put(each);
    this._afterLetter();
  }

  /** Deletes the character before the cursor. False where there is none. */
  clear() {
    this._pending = null;
    const deleted = this._before.pop() !== undefined;
    this._begin();
    return deleted;
  }

  clearAll() {
    this._pending = null;
    this._before = [];
    this._after = [];
    this._begin();
  }

  left() {
    this.settle();
    if (this._before.length) this._after.unshift(this._before.pop());
  }

  right() {
    this.settle();
    if (this._after.length) this._before.push(this._after.shift());
  }

  start() {
    this.settle();
    this._after = [...this._before, ...this._after];
    this._before = [];
  }

  end() {
    this.settle();
    this._before = [...this._before, ...this._after];
    this._after = [];
  }

  /** The key "#". */
  nextMode() {
    this.settle();
    this.mode = MODES[(MODES.indexOf(this.mode) + 1) % MODES.length];
  }

  _put(character) {
    if (this.room > 0) this._before.push(character);
  }

  _cased(character) {
    const upper = character.toUpperCase();
    const capital = this.mode !== "abc" && upper.length === 1; // the capital of ß is two letters
    return capital ? upper : character;
  }

  /** After one capital small letters follow; after a sentence comes a capital. */
  _afterLetter() {
    if (this.mode === "Abc" && /\p{L}$/u.test(this.before)) this.mode = "abc";
    this._begin();
  }

  _begin() {
    if (this._sentences && this.mode === "abc" && SENTENCE_END.test(this.before)) this.mode = "Abc";
  }
}
