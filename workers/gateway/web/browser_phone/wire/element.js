// The element tree that both codecs read into and write from. It knows nothing about CSP.

/** One element: its name, its text or its children, its attributes if it has any. */
export class Element {
  /**
   * @param {string} name
   * @param {string} [text]
   * @param {Element[]} [children]
   * @param {Record<string, string> | null} [attrs]
   */
  constructor(name, text = "", children = [], attrs = null) {
    this.name = name;
    this.text = text;
    this.children = children;
    this.attrs = attrs;
  }

  /**
   * The first child of that name.
   * @param {string} name
   * @returns {Element | null}
   */
  find(name) {
    return this.children.find((child) => child.name === name) ?? null;
  }

  /**
   * All children of that name.
   * @param {string} name
   * @returns {Element[]}
   */
  all(name) {
    return this.children.filter((child) => child.name === name);
  }

  /**
   * The text of what a path of child names leads to, "" where there is nothing.
   * @param {...string} path
   */
  textOf(...path) {
    return this.at(...path)?.text ?? "";
  }

  /**
   * What a path of child names leads to.
   * @param {...string} path
   * @returns {Element | null}
   */
  at(...path) {
    /** @type {Element | null} */
    let found = this;
    for (const name of path) {
      found = found?.find(name) ?? null;
    }
    return found;
  }

  /**
   * An element of children, of text, or of nothing. What is null or undefined is left out.
   * @param {string} name
   * @param {...(Element | string | number | null | undefined)} parts
   */
  static of(name, ...parts) {
    const element = new Element(name);
    for (const part of parts) {
      if (part instanceof Element) {
        element.children.push(part);
      } else if (part !== null && part !== undefined) {
        element.text += part;
      }
    }
    return element;
  }
}
