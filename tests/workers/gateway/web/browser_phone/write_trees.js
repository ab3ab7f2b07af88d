// Writes each tree in every version and encoding; null where that is refused.
async (trees) => {
  const { encode, Element, WireError } = await import("/demo/files/wire/codec.js");
  const made = ([name, text, children, attrs]) => new Element(name, text, children.map(made), attrs);
  const written = (root, version, encoding) => {
    try {
      return btoa(Array.from(encode(root, version, encoding), (byte) => String.fromCharCode(byte)).join(""));
    } catch (error) {
      if (!(error instanceof WireError)) {
        throw error;
      }
      return null;
    }
  };
  return trees.map((tree) => {
    const root = made(tree);
    const found = {};
    for (const version of ["1.0", "1.1", "1.2", "1.3"]) {
      for (const encoding of ["wbxml", "xml"]) {
        found[`${version} ${encoding}`] = written(root, version, encoding);
      }
    }
    return found;
  });
}
