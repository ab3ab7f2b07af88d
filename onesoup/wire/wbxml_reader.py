"""WBXML (WAP-192, WBXML 1.3) as CSP uses it: bytes to a tree. Knows tokens, not what a primitive means.

It does not recurse, and the common shapes are read without a call: this is most of what a poll costs.
"""

from __future__ import annotations

from onesoup.wire import datatypes, names, tokens
from onesoup.wire.datatypes import BOOLEAN, CONTENT, DATETIME, INTEGER, KIND_OF_ELEMENT, STRING, legal_text, normal_value
from onesoup.wire.errors import WireError
from onesoup.wire.limits import MAX_ELEMENT_DEPTH, check_size, too_deep, too_many, too_split
from onesoup.wire.names import NAMESPACED_ELEMENTS
from onesoup.wire.tokens import END, ENTITY, EXT_T, HAS_CONTENT, LITERAL, OPAQUE, PI, STR_I, STR_T, SWITCH_PAGE
from onesoup.wire.tree import Element
from onesoup.wire.wbxml_input import WbxmlInput

_EXT_T_0 = EXT_T[0]


def decode(data: bytes, charset: str | None = None) -> tuple[Element, str]:
    """The root element and the CSP version. `charset` is what HTTP says, for a document that leaves it open."""
    check_size(data)
    reader = WbxmlReader(data, charset)
    try:
        return reader.body(reader.header()), reader.version
    except IndexError:
        error = WireError("document ends inside an element", len(data))
    except WireError as found:
        error = found
    error.partial, error.version = reader.root, reader.version
    raise error


class WbxmlReader(WbxmlInput):
    """Reads one document."""

    __slots__ = ()

    def body(self, pos: int) -> Element:  # one function: a call for each token would double its time
        data, find = self.data, self.data.find
        quick = STR_I if self.charset == "utf-8" else -1
        pages, texts = tokens.TAG_PAGES[self.version], tokens.ONE_BYTE_TEXTS[self.version]
        number, page = 0, pages[0]
        new = Element.__new__  # about 40 % faster than the constructor
        top = parent = Element("")
        stack: list[Element] = []
        count = 0
        pieces: list[str] = []  # the text items of the open element, if they were not read with its tag
        while True:
            at = pos
            token = data[pos]
            pos += 1
            entry = page[token]
            if entry is None:
                if token == END:
                    if not stack:
                        raise WireError("END before the root element", at)
                    if pieces:
                        if not parent.children:  # text beside children is ignored
                            parent.text = _join(pieces, parent.name)
                        pieces.clear()
                    parent = stack.pop()
                    if not stack:
                        return parent.children[0]
                    continue
                if token == SWITCH_PAGE:
                    self.count(at)
                    number = data[pos]
                    page = pages.get(number, tokens.NO_PAGE)
                    pos += 1
                    continue
                if token & 0x3F < LITERAL:
                    pos = self.item(token, pos, parent, stack, pieces)
                    continue
                entry, pos = self.odd_tag(token, number, pos)
            name, kind = entry
            count += 1
            if count > self.elements:
                raise too_many(at)
            child = new(Element)
            child.name = name
            child.text = ""
            child.children = ()
            child.attrs = None
            if pieces:
                pieces.clear()
            siblings = parent.children
            if siblings:
                siblings.append(child)  # type: ignore[attr-defined]  # a list when it has any
            else:
                parent.children = [child]
                if parent is top:
                    self.root = child
                elif len(stack) >= MAX_ELEMENT_DEPTH:
                    raise too_deep(at)
            if token > 0x7F:
                version = self.version
                child.attrs, pos = self.attributes(pos, name)
                if self.version is not version:
                    pages, texts = tokens.TAG_PAGES[self.version], tokens.ONE_BYTE_TEXTS[self.version]
                    page = pages.get(number, tokens.NO_PAGE)
            if token & HAS_CONTENT:
                # Most elements hold one item and end: read those at once. Anything else takes the long way.
                following = data[pos]
                if following == quick:
                    end = find(0, pos)
                    if end > 0 and data[end + 1] == END and stack:
                        try:
                            text = data[pos + 1 : end].decode()
                        except UnicodeDecodeError:
                            text = datatypes.decode_utf8(data[pos + 1 : end])
                        if not text.isprintable():
                            text = legal_text(text)
                        child.text = normal_value(kind, text) if kind else text
                        pos = end + 2
                        continue
                elif following == _EXT_T_0:
                    text = texts.get(data[pos + 1], "")
                    if text and data[pos + 2] == END and stack:
                        self.text -= len(text)  # what this may take beyond the limit, the limit of elements bounds
                        child.text = normal_value(kind, text) if kind else text
                        pos += 3
                        continue
                elif following == OPAQUE and kind == INTEGER:
                    end = pos + 2 + data[pos + 1]
                    if end <= pos + 6 and data[end] == END and stack:
                        child.text = str(int.from_bytes(data[pos + 2 : end], "big"))
                        pos = end + 1
                        continue
                stack.append(parent)
                parent = child
            elif not stack:
                return child

    # ---- what is rare

    def odd_tag(self, token: int, page: int, pos: int) -> tuple[tokens.Entry, int]:
        """A tag that no table has, by its name in the string table or as its number, for a reader of the tree."""
        if token & 0x3F != LITERAL:
            return (f"unknown-{page:02X}-{token & 0x3F:02X}", STRING), pos
        name, after = self.from_table(pos)
        name = names.local_name(name)
        if not names.is_name(name):
            raise WireError(f"literal element name {name[:40]!r} is no name", pos)
        name = tokens.token_name(self.version, names.canonical_name(name))
        return (name, KIND_OF_ELEMENT.get(name, STRING)), after

    def item(self, token: int, pos: int, parent: Element, stack: list[Element], pieces: list[str]) -> int:
        """A text item, a processing instruction or an extension, inside `parent`."""
        at = pos - 1
        self.items -= 1
        if self.items < 0:
            raise too_split(at)
        if token == STR_I:
            text, pos = self.inline(pos)
        elif token == OPAQUE:
            octets, pos = self.octets(pos)
            text = self.opaque(octets, parent.name, stack[-1], at) if stack else ""
        elif token == STR_T:
            text, pos = self.from_table(pos)
        elif token == _EXT_T_0:
            number, pos = self.mb(pos)
            text = self.value(number, parent.name)
            self.spend(len(text), at)
        elif token == ENTITY:
            text, pos = self.entity(pos)
        elif token == PI:
            _, pos = self.attributes(pos, "")
            return pos
        else:
            return self.extension(token, pos)
        if not stack:
            raise WireError("text before the root element", at)
        if text and not parent.children:
            pieces.append(text)
        return pos

    def value(self, number: int, name: str) -> str:
        """The text of a value token; an unknown one is empty text."""
        if number == tokens.HISTORY and self.version == "1.3" and name == "Name":
            return "History"
        return tokens.VALUE_TEXTS[self.version].get(number, "")

    def opaque(self, octets: bytes, name: str, parent: Element, at: int) -> str:
        kind = KIND_OF_ELEMENT.get(name, STRING)
        if kind == INTEGER:
            if len(octets) > 4:
                raise WireError(f"{name}: integer of {len(octets)} octets", at)
            return str(int.from_bytes(octets, "big"))
        if kind == BOOLEAN:
            return datatypes.opaque_boolean(octets)
        if kind == DATETIME and len(octets) == 6:
            return datatypes.opaque_datetime(octets)
        if kind == CONTENT or name == "DirectContent":
            text = datatypes.opaque_content(octets, parent) if kind == CONTENT else datatypes.opaque_direct_content(octets)
            self.spend(max(len(text) - len(octets), 0), at)
            return text
        return self.string(octets)

    def attributes(self, pos: int, name: str) -> tuple[dict[str, str] | None, int]:
        """The attributes of an element up to their END, and the version if it is the xmlns that tells it."""
        common = tokens.NAMESPACE_OCTETS.get(self.data[pos : pos + 7])
        if common is not None and not self.attribute_page:
            found = {"xmlns": common}
            pos += 7
        else:
            found, pos = self.attribute_list(pos)
        if not self.named_by and "xmlns" in found and name in NAMESPACED_ELEMENTS:
            self.take_version(found["xmlns"], name)
        return found or None, pos

    def take_version(self, uri: str, name: str) -> None:
        """The namespace wins over the public id: that of the root, else that of the first TransactionContent."""
        if name == "PresenceSubList":
            return
        version = names.version_of_namespace(uri)
        if version is None:
            return
        self.named_by = name
        if version == "1.1" and self.version == "1.0" and not uri.endswith("1.1"):
            return  # the tokens without a version text are those of 1.0 as well
        self.version = version


def _join(pieces: list[str], name: str) -> str:
    text = "".join(pieces)
    if not text.isprintable():
        text = legal_text(text)
    return normal_value(KIND_OF_ELEMENT[name], text) if name in KIND_OF_ELEMENT else text
