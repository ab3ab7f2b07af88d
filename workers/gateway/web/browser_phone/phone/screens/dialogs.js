/** Screens that say or ask one thing: a text, a question, an error, and that something takes time. */

import { wrap } from "../font.js";
import { COLOURS, LINE_HEIGHT } from "../painter.js";
import { drawLines, drawScrollBar, Screen } from "./screen.js";

/** A text to read. `left` is an answer, where there is one; "Back" or another word leaves it. */
export class TextScreen extends Screen {
  /**
   * @param {{title: string, text: string, left?: import("./screen.js").SoftKey, right?: import("./screen.js").SoftKey,
   *   colour?: string}} content
   */
  constructor(phone, content) {
    super(phone);
    this._content = content;
    this._first = 0;
    this._last = 0;
  }

  title() {
    return this._content.title;
  }

  softKeys() {
    return { left: this._content.left, right: this._content.right ?? this.backKey() };
  }

  key(name) {
    const step = { up: -1, down: 1 }[name];
    if (step) this._first = Math.max(0, Math.min(this._first + step, this._last));
    return Boolean(step);
  }

  draw(painter, top, bottom) {
    const lines = wrap(this._content.text, painter.width - 12);
    const shown = drawLines(painter, lines, this._first, top + 4, bottom, this._content.colour);
    this._last = Math.max(0, lines.length - shown);
    drawScrollBar(painter, top, bottom, this._first, shown, lines.length);
  }

  lines() {
    return this._content.text.split("\n");
  }
}

/** A question, with what is done for yes and for no. */
export class Question extends TextScreen {
  /** @param {{title: string, text: string, yes: string, no: string, answer: (yes: boolean) => void}} question */
  constructor(phone, { title, text, yes, no, answer }) {
    const give = (value) => () => {
      phone.close(this);
      answer(value);
    };
    super(phone, { title, text, left: { label: yes, act: () => give(true)() }, right: { label: no, act: () => give(false)() } });
  }

  /** What waits for an answer lies under no other question. */
  get mayBeCovered() {
    return false;
  }
}

/** What the server, or the way to it, has refused: its code and what that means. */
export class ErrorScreen extends TextScreen {
  /** @param {{title: string, text: string, code?: number}} told */
  constructor(phone, { title, text, code }) {
    super(phone, { title: code ? `Error ${code}` : "Error", text: `${title}\n\n${text}`, colour: COLOURS.ink });
    this._heading = title;
  }

  softKeys() {
    return { left: { label: "OK", act: () => this.phone.close(this) } };
  }

  /** It has no key for going back: one that leads back elsewhere closes it. */
  key(name) {
    const closes = name === "escape" || name === "clear";
    if (closes) this.phone.close(this);
    return closes || super.key(name);
  }

  draw(painter, top, bottom) {
    painter.rect(0, top, 3, bottom - top, COLOURS.bad);
    super.draw(painter, top, bottom);
  }
}

/** Something is under way. It closes when that is done. */
export class WaitScreen extends Screen {
  /** @param {{title: string, text: string, cancel?: () => void}} content */
  constructor(phone, { title, text, cancel }) {
    super(phone);
    this._title = title;
    this._cancel = cancel;
    this.text = text;
    this._began = phone.now();
  }

  title() {
    return this._title;
  }

  softKeys() {
    return this._cancel ? { right: { label: "Cancel", act: this._cancel } } : {};
  }

  /** It is drawn again while it is seen: the bar moves. */
  get moves() {
    return true;
  }

  draw(painter, top, bottom) {
    const middle = Math.floor((top + bottom) / 2);
    const lines = wrap(this.text, painter.width - 16);
    lines.forEach((line, number) => {
      const y = middle - 14 - (lines.length - 1 - number) * LINE_HEIGHT;
      painter.text(8, y, line, COLOURS.ink, { align: "middle", width: painter.width - 16 });
    });
    const [left, width] = [16, painter.width - 32];
    painter.frame(left, middle + 4, width, 9, COLOURS.quiet);
    const step = this.phone.still ? 3 : Math.floor((this.phone.now() - this._began) / 120) % 9;
    const block = Math.floor((width - 4) / 6);
    for (let number = 0; number < 3; number++) {
      const at = (step + number) % 9;
      if (at < 6) painter.rect(left + 2 + at * block, middle + 6, block - 1, 5, COLOURS.bar);
    }
  }

  lines() {
    return [this.text];
  }
}
