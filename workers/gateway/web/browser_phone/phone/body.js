/** The phone as one sees and presses it: its case, its screen, its keys. Knows which keys there are, not what they do. */

const SVG = "http://www.w3.org/2000/svg";
/** How long a key is held until that means something else, in ms. */
const HELD = 600;
/** A click without a press just before it comes from the keyboard or from an aid for people who use no mouse. */
const CLICK_AFTER_PRESS = 1500;

/** How large the screen becomes at most, and what the case takes of the width, in CSS pixels. */
const [MOST_WIDTH, MOST_HEIGHT, CASE_WIDTH] = [420, 440, 48];

const HANDSET_SHAPE = "M2 9c4-5 12-5 16 0l-3 4-3-2v-3c-1.500-.5-2.500-.5-4 0v3l-3 2z";
const DIGITS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
const LETTERS = [". , ?", "abc", "def", "ghi", "jkl", "mno", "pqrs", "tuv", "wxyz", "sym", "space", "Aa"];
const NAVIGATION = [
  ["up", "Up", "▲"],
  ["left", "Left", "◀"],
  ["ok", "OK", ""],
  ["right", "Right", "▶"],
  ["down", "Down", "▼"],
];

export class PhoneBody {
  /**
   * @param {HTMLElement} root
   * @param {{press: (key: string) => void, hold: (key: string) => void, point: (x: number, y: number) => void}} handler
   *   `point` gets a place on the screen, from 0 to 1 each way
   */
  constructor(root, handler) {
    this._handler = handler;
    this.root = root;
    this.canvas = element("canvas", "phone-canvas", { "aria-hidden": "true" });
    const label = "Phone screen. Arrow keys, Enter, Escape, F1 and F2 work it; letters are typed.";
    this.screen = element("div", "phone-screen", { tabindex: "0", role: "application", "aria-label": label }, this.canvas);
    this.live = element("div", "phone-unseen phone-live", { "aria-live": "polite" });
    this.text = element("div", "phone-unseen phone-text", { role: "region", "aria-label": "What the phone's screen shows" });
    this.led = element("span", "phone-led", { "aria-hidden": "true" });
    this.file = element("input", "", { type: "file", accept: "image/*", hidden: "", "aria-label": "Picture to send" });
    root.classList.add("phone");
    root.replaceChildren(this._case(), this.live, this.text, this.file);
    root.addEventListener("mousedown", (event) => this._keepFocus(event));
    this.canvas.addEventListener("click", ({ offsetX, offsetY }) => {
      handler.point(offsetX / this.canvas.clientWidth, offsetY / this.canvas.clientHeight);
    });
    this._fit = new ResizeObserver(() => this.fit());
    this._fit.observe(root);
    addEventListener("resize", () => this.fit());
  }

  /** The screen has this many pixels from now on. */
  resize({ width, height }) {
    [this.canvas.width, this.canvas.height] = [width, height];
    this.fit();
  }

  /**
   * Each pixel of the screen becomes as many whole pixels of the display as there is room for. A page can say by --phone-room how
   * wide, in CSS pixels, the screen may become; otherwise that follows from the width of the element.
   */
  fit() {
    const ratio = window.devicePixelRatio || 1;
    const { width, height } = this.canvas;
    const given = parseFloat(getComputedStyle(this.root).getPropertyValue("--phone-room"));
    const room = given || Math.min(MOST_WIDTH, this.root.clientWidth - CASE_WIDTH);
    const scale = Math.max(1, Math.min(Math.floor((room * ratio) / width), Math.floor((MOST_HEIGHT * ratio) / height))) / ratio;
    this.canvas.style.width = `${width * scale}px`;
    this.canvas.style.height = `${height * scale}px`;
    this.root.classList.toggle("phone-wide", !given && width * scale + CASE_WIDTH > this.root.clientWidth);
  }

  /** What the screen shows, and what of it is read out when it changes. */
  tell(lines, said) {
    if (this.live.textContent !== said) this.live.textContent = said;
    const text = lines.join("\n");
    if (this._told === text) return;
    this._told = text;
    this.text.replaceChildren(...lines.map((line) => element("p", "", {}, line)));
  }

  /** The look of a phone that shakes in its place. */
  shake() {
    const { classList } = this.root;
    classList.remove("phone-shakes");
    void this.root.offsetWidth; // so that it begins again
    classList.add("phone-shakes");
  }

  _case() {
    const ear = element("div", "phone-ear", { "aria-hidden": "true" });
    const name = element("div", "phone-name", { "aria-hidden": "true" }, "onesoup");
    const head = element("div", "phone-head", {}, this.led, ear);
    const glass = element("div", "phone-glass", {}, this.screen, name);
    return element("div", "phone-case", {}, head, glass, this._keys());
  }

  /** All keys are one stop for Tab; arrows go from one to the next. */
  _keys() {
    const controls = element("div", "phone-controls", {}, ...this._controls());
    const pad = element("div", "phone-pad", {}, ...DIGITS.map((key, at) => this._digit(key, LETTERS[at])));
    const keys = element("div", "phone-keys", { role: "group", "aria-label": "Keys of the phone" }, controls, pad);
    const buttons = [...keys.querySelectorAll("button")];
    buttons.forEach((button, number) => (button.tabIndex = number ? -1 : 0));
    keys.addEventListener("keydown", (event) => walk(buttons, event));
    return keys;
  }

  _controls() {
    const ring = NAVIGATION.map(([key, label, sign]) => this._button(key, label, `phone-${key}`, sign));
    return [
      this._button("soft-left", "Left soft key", "phone-soft phone-soft-left", dash()),
      element("div", "phone-ring", {}, ...ring),
      this._button("soft-right", "Right soft key", "phone-soft phone-soft-right", dash()),
      this._button("call", "Call key", "phone-call", handset("#0f6b34")),
      this._button("clear", "C, delete", "phone-clear", "C"),
      this._button("end", "End key", "phone-end", handset("#b3261e", true)),
    ];
  }

  _digit(key, letters) {
    const inner = [element("span", "phone-digit", {}, key), " ", element("span", "phone-letters", {}, letters)];
    return this._button(key, "", "phone-number", ...inner);
  }

  _button(key, label, kind, ...inner) {
    const button = element("button", `phone-key ${kind}`, { type: "button", "data-key": key }, ...inner);
    if (label) button.setAttribute("aria-label", label);
    let [timer, pressed] = [0, -Infinity];
    button.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      pressed = event.timeStamp;
      this._handler.press(key);
      timer = setTimeout(() => this._handler.hold(key), HELD);
    });
    for (const over of ["pointerup", "pointercancel", "pointerleave"]) button.addEventListener(over, () => clearTimeout(timer));
    button.addEventListener("click", (event) => {
      if (event.timeStamp - pressed > CLICK_AFTER_PRESS || event.detail === 0) this._handler.press(key);
    });
    button.addEventListener("contextmenu", (event) => event.preventDefault());
    return button;
  }

  /** A press by mouse leaves the focus on the screen, so that the keyboard goes on working there. */
  _keepFocus(event) {
    event.preventDefault();
    this.screen.focus({ preventScroll: true });
  }
}

function walk(buttons, event) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  const at = buttons.indexOf(/** @type {HTMLButtonElement} */ (event.target));
  if (!step || at < 0) return;
  const next = buttons[(at + step + buttons.length) % buttons.length];
  buttons[at].tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
  event.preventDefault();
}

function element(tag, kind, attributes, ...inner) {
  const made = document.createElement(tag);
  if (kind) made.className = kind;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...inner);
  return made;
}

function drawn(viewBox, kind, ...shapes) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", viewBox);
  svg.setAttribute("class", kind);
  svg.setAttribute("aria-hidden", "true");
  for (const [tag, attributes] of shapes) {
    const shape = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, value);
    svg.append(shape);
  }
  return svg;
}

function dash() {
  return drawn("0 0 24 6", "phone-dash", ["rect", { x: 2, y: 1.5, width: 20, height: 3, rx: 1.5, fill: "#26323d" }]);
}

function handset(fill, down = false) {
  const turn = down ? {} : { transform: "rotate(-135 10 9)" };
  return drawn("0 0 20 18", "phone-sign", ["path", { d: HANDSET_SHAPE, fill, ...turn }]);
}
