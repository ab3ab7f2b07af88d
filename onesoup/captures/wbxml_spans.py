"""The spans of a WBXML document, token by token. Reads numbers, strings, names and values by the same code as the decoder."""

from __future__ import annotations

from onesoup.captures.spans import SpanList, quoted
from onesoup.wire import tokens
from onesoup.wire.datatypes import BOOLEAN, DATETIME, INTEGER, KIND_OF_ELEMENT, STRING
from onesoup.wire.errors import WireError
from onesoup.wire.limits import MAX_ELEMENT_DEPTH, MAX_ELEMENTS, MAX_TEXT_ITEMS, too_deep, too_split
from onesoup.wire.names import NAMESPACED_ELEMENTS
from onesoup.wire.tokens import END, ENTITY, EXT_T, HAS_ATTRIBUTES, HAS_CONTENT, LITERAL, OPAQUE, PI, STR_I, STR_T, SWITCH_PAGE
from onesoup.wire.tree import Element
from onesoup.wire.wbxml_reader import WbxmlReader

_NOWHERE = Element("")
# How the note on the string table begins.
STRINGS_NOTE = "strings"
# The note on a value token that no table has.
UNKNOWN_VALUE = "value token: unknown"


class WbxmlSpans(WbxmlReader):
    """Walks over one document. `list` has the spans up to the end of the root, or up to the error."""

    __slots__ = ("list", "page", "table_used")

    def __init__(self, data: bytes, charset: str | None = None) -> None:
        super().__init__(data, charset)
        self.list = SpanList()
        self.page = 0
        self.items = MAX_TEXT_ITEMS + MAX_ELEMENTS  # the decoder does not count those that are alone in their element
        self.table_used: set[str] = set()  # elements with text from the string table

    def walk(self) -> int:
        """The offset at which the root ends. WireError when it does not."""
        try:
            return self._walk()
        except IndexError:
            raise WireError("document ends inside an element", len(self.data)) from None

    def _walk(self) -> int:
        pos = self.header_spans()
        begun = False
        while self.list.names or not begun:
            pos, tag = self.token(pos)
            begun = begun or tag
        return pos

    def header_spans(self) -> int:
        body = self.header()
        add = self.list.add
        add(1, "header", f"WBXML 1.{self.data[0]}")
        public_id, pos = self.mb(1)
        if public_id == 0:
            index, pos = self.mb(pos)
            add(pos, "header", f"public id: text {index} of the string table")
        else:
            add(pos, "header", _public_id(public_id))
        mib, after = self.mb(pos)
        add(after, "header", f"character set {tokens.CHARSETS.get(mib, 'not told')}")
        length, start = self.mb(after)
        add(start, "header", f"string table of {length} bytes" if length else "no string table")
        add(body, "header", f"{STRINGS_NOTE} {quoted(self.string(self.strings))}")
        return body

    def token(self, pos: int) -> tuple[int, bool]:
        """Reads one token. The offset behind it, and whether it was a tag."""
        token = self.data[pos]
        if token == SWITCH_PAGE:
            self.count(pos)
            self.page = self.data[pos + 1]
            self.list.add(pos + 2, "page", f"page {self.page}")
            return pos + 2, False
        if token == END:
            if not self.list.names:
                raise WireError("END before the root element", pos)
            self.list.close(pos + 1)
            return pos + 1, False
        if token & 0x3F < LITERAL:
            return self.item_span(token, pos), False
        return self.tag(token, pos), True

    def tag(self, token: int, pos: int) -> int:
        entry, after = tokens.TAG_PAGES[self.version].get(self.page, tokens.NO_PAGE)[token], pos + 1
        if entry is None:
            entry, after = self.odd_tag(token, self.page, after)
        self.count(pos)
        if len(self.list.names) >= MAX_ELEMENT_DEPTH:
            raise too_deep(pos)
        self.list.open(after, entry[0])
        if token & HAS_ATTRIBUTES:
            after = self.attribute_spans(after, entry[0])
        if not token & HAS_CONTENT:
            self.list.names.pop()
        return after

    def attribute_spans(self, pos: int, element: str) -> int:
        found: dict[str, str] = {}
        name = text = ""
        while True:
            at, token = pos, self.data[pos]
            begins = token == END or LITERAL <= token < HAS_CONTENT or HAS_CONTENT | LITERAL < token < HAS_ATTRIBUTES
            if begins or token == SWITCH_PAGE:
                self.list.add(at, "attribute", f"{name or 'attribute'}={quoted(text)}")
            pos += 1
            if token == SWITCH_PAGE:
                self.count(at)
                self.attribute_page = self.data[pos]
                pos += 1
                self.list.add(pos, "page", f"attribute page {self.attribute_page}")
            elif token == END:
                found.setdefault(name, text)
                self.list.add(pos, "end", "end of attributes")
                break
            elif begins:
                found.setdefault(name, text)
                self.count(at)
                name, text, pos = self.attribute_start(token, pos)
            else:
                more, pos = self.attribute_value(token, pos)
                text += more
        if not self.named_by and "xmlns" in found and element in NAMESPACED_ELEMENTS:
            self.take_version(found["xmlns"], element)
        return pos

    def item_span(self, token: int, pos: int) -> int:
        """A text item, a processing instruction or an extension."""
        self.items -= 1
        if self.items < 0:
            raise too_split(pos)
        kind, note, after = self.item_of(token, pos)
        if not self.list.names and token not in (*tokens.EXT_I, PI, *EXT_T[1:], *tokens.EXT):
            raise WireError("text before the root element", pos)
        self.list.add(after, kind, note)
        return after

    def item_of(self, token: int, pos: int) -> tuple[str, str, int]:
        name = self.list.names[-1] if self.list.names else ""
        if token == STR_I:
            text, after = self.inline(pos + 1)
            return "text", f"text {quoted(text)}", after
        if token == STR_T:
            text, after = self.from_table(pos + 1)
            self.table_used.add(name)
            return "text", f"text of the string table {quoted(text)}", after
        if token == EXT_T[0]:
            number, after = self.mb(pos + 1)
            text = self.value(number, name)
            self.spend(len(text), pos)
            return "token", f"value token: {text}" if text else UNKNOWN_VALUE, after
        if token == OPAQUE:
            octets, after = self.octets(pos + 1)
            return *self.opaque_of(octets, name, pos), after
        if token == ENTITY:
            text, after = self.entity(pos + 1)
            return "text", f"character {quoted(text)}", after
        if token == PI:
            return "token", "processing instruction, not used", self.attributes(pos + 1, "")[1]
        return "token", "extension, not used", self.extension(token, pos + 1)

    def opaque_of(self, octets: bytes, name: str, pos: int) -> tuple[str, str]:
        kind = KIND_OF_ELEMENT.get(name, STRING)
        if kind == INTEGER:
            return "integer", f"integer {self.opaque(octets, name, _NOWHERE, pos)}"
        if kind == BOOLEAN or (kind == DATETIME and len(octets) == 6):
            return "opaque", f"{'truth value' if kind == BOOLEAN else 'date'} {self.opaque(octets, name, _NOWHERE, pos)}"
        text = octets.decode("utf-8", "replace")
        return "opaque", f"{len(octets)} bytes" if "\ufffd" in text else f"{len(octets)} bytes {quoted(text)}"


def _public_id(number: int) -> str:
    version = tokens.VERSION_OF_PUBLIC_ID.get(number)
    return f"public id: CSP {version}" if version else "public id: unknown"
