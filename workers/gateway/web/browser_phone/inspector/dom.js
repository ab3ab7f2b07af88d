// Elements of the page, made without markup: what a stranger is called stays text.

const NEAR_END = 50;

/**
 * An element with attributes and what is in it. An attribute that is null or false is left out; true makes it empty.
 * @param {string} tag
 * @param {Record<string, string | number | boolean | null | undefined>} [attributes]
 * @param {...(Node | string | null | undefined)} parts
 * @returns {HTMLElement}
 */
export function make(tag, attributes = {}, ...parts) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) {
      made.setAttribute(name, value === true ? "" : String(value));
    }
  }
  made.append(.../** @type {(Node | string)[]} */ (parts.filter((part) => part !== null && part !== undefined)));
  return made;
}

/** @param {string} label @param {() => void} act @param {Record<string, string>} [attributes] */
export function button(label, act, attributes = {}) {
  const made = make("button", { type: "button", ...attributes }, label);
  made.addEventListener("click", act);
  return made;
}

/**
 * One stop for Tab in a list; arrows, Home and End go from one to the next. Items may come and go.
 * @param {HTMLElement} list
 * @param {string} selector of its items
 */
export function walkByArrows(list, selector) {
  const items = () => /** @type {HTMLElement[]} */ ([...list.querySelectorAll(selector)]);
  list.addEventListener("keydown", (event) => {
    const all = items();
    const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (at >= 0 && next !== undefined && all[next]) {
      event.preventDefault();
      all[next].focus();
    }
  });
  list.addEventListener("focusin", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.matches(selector)) {
      items().forEach((each) => (each.tabIndex = -1));
      target.tabIndex = 0;
    }
  });
}

/** Keeps one item of such a list where Tab can reach it. @param {HTMLElement} list @param {string} selector */
export function keepTabStop(list, selector) {
  const items = /** @type {HTMLElement[]} */ ([...list.querySelectorAll(selector)]);
  const last = items.at(-1);
  if (last && !items.some((each) => each.tabIndex === 0)) {
    last.tabIndex = 0;
  }
}

/** Time of day with seconds. @param {number} at */
export function clock(at) {
  return new Date(at).toLocaleTimeString("en-GB");
}

/** Text of at most so many characters. @param {string} text @param {number} limit */
export function shortened(text, limit) {
  const characters = [...text];
  return characters.length > limit ? `${characters.slice(0, limit - 1).join("")}…` : text;
}

/** A name that may break into lines where a word of it begins. @param {string} name @returns {(string | HTMLElement)[]} */
export function breakable(name) {
  const words = name.split(/(?<=[a-z])(?=[A-Z])|(?<=-)/);
  return words.flatMap((word, at) => (at > 0 ? [make("wbr"), word] : [word]));
}

/** A list shows its end for as long as its reader does not leave that. */
export class EndKeeper {
  /** @param {HTMLElement} list */
  constructor(list) {
    this.list = list;
    this.isAtEnd = true;
    list.addEventListener("scroll", () => (this.isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_END));
    new ResizeObserver(() => this.keep()).observe(list);
  }

  keep() {
    if (this.isAtEnd) {
      this.list.scrollTop = this.list.scrollHeight;
    }
  }
}
