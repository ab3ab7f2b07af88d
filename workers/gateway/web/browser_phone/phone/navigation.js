/** Which screens lie on one another, and which questions wait until nobody is writing. Draws nothing. */

export class Navigation {
  /** @param {() => void} changed is called after each change, once the screens are as they will be drawn */
  constructor(changed) {
    this._changed = changed;
    /** @type {import("./screens/screen.js").Screen[]} */
    this._stack = [];
    /** @type {import("./screens/screen.js").Screen[]} */
    this._waiting = [];
  }

  get top() {
    return this._stack.at(-1);
  }

  get screens() {
    return [...this._stack];
  }

  open(screen) {
    this._change(() => this._stack.push(screen));
  }

  /** Takes one screen away, wherever it lies. */
  close(screen) {
    this._change(() => {
      this._stack = this._stack.filter((each) => each !== screen);
      this._waiting = this._waiting.filter((each) => each !== screen);
    });
  }

  /** Leaves the top screen. The lowest one stays. */
  back() {
    if (this._stack.length > 1) this.close(this.top);
  }

  /** Leaves all screens but the lowest one. */
  home() {
    this._change(() => this._stack.splice(1));
  }

  /** From now on this is the lowest screen, and `others` lie on it. */
  restart(screen, ...others) {
    this._waiting = [];
    this._change(() => {
      this._stack = [screen, ...others];
    });
  }

  /** A question: on top at once, or as soon as the top screen may be covered. */
  ask(screen) {
    this._change(() => this._waiting.push(screen));
  }

  _change(act) {
    const before = this.top;
    act();
    while (this._waiting.length && (!this.top || this.top.mayBeCovered)) this._stack.push(this._waiting.shift());
    if (this.top !== before) {
      before?.hidden();
      this.top?.shown();
    }
    this._changed();
  }
}
