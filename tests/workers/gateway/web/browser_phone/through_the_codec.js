// Decodes each document, and encodes its tree in every version and encoding: what came out, or why nothing did.
async (documents) => {
  const { decode, encode, WireError } = await import("/demo/files/wire/codec.js");
  const bytesOf = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  const textOf = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  const treeOf = ({ name, text, children, attrs }) => [name, text, children.map(treeOf), attrs];
  const refused = (error) => {
    if (!(error instanceof WireError)) {
      throw error;
    }
    return { error: error.message, offset: error.offset };
  };
  const written = (root) => {
    const found = {};
    for (const version of ["1.0", "1.1", "1.2", "1.3"]) {
      for (const encoding of ["wbxml", "xml"]) {
        try {
          found[`${version} ${encoding}`] = textOf(encode(root, version, encoding));
        } catch (error) {
          found[`${version} ${encoding}`] = refused(error);
        }
      }
    }
    return found;
  };
  return documents.map(([bytes, contentType, write]) => {
    try {
      const { root, version, encoding, spans } = decode(bytesOf(bytes), contentType);
      const places = spans.map(({ start, end, kind, depth, note, element }) => [start, end, kind, depth, note, element?.name ?? ""]);
      return { tree: treeOf(root), version, encoding, places, written: write ? written(root) : {} };
    } catch (error) {
      return refused(error);
    }
  });
}
