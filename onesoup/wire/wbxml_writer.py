"""WBXML (WAP-192, WBXML 1.3) as CSP uses it: a tree to bytes. Does not recurse, and writes the common shapes without a call."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from onesoup.wire import names, tokens
from onesoup.wire.datatypes import legal_text
from onesoup.wire.errors import WireError
from onesoup.wire.names import NAMESPACED_ELEMENTS
from onesoup.wire.tokens import END, HAS_CONTENT, LITERAL, OPAQUE, STR_I, SWITCH_PAGE, Form
from onesoup.wire.tree import Element
from onesoup.wire.wbxml_input import MAX_UINT32


def encode(root: Element, version: str) -> bytes:
    """The document in that version: its tokens, its public id, its namespaces, an empty string table."""
    writer = WbxmlWriter(version)
    body = writer.body(root)
    table = b"".join(writer.literals)
    return b"".join((tokens.DOCUMENT_HEADERS[version], tokens.multi_byte(len(table)), table, *body))


@lru_cache(4096)
def inline_size(text: str) -> int:
    """The octets of a text as an inline string; a text that the tables have a token for takes fewer."""
    return len(legal_text(text).encode()) + 2


def opaque_integer(text: str) -> bytes | None:
    """Digits as opaque data: big endian, shortest form, 0 is one octet. None if the text is no such number."""
    if len(text) > 10 or not (text.isascii() and text.isdigit()) or int(text) > MAX_UINT32:
        return None
    number = int(text)
    octets = number.to_bytes((number.bit_length() + 7) // 8 or 1, "big")
    return bytes((OPAQUE, len(octets))) + octets + bytes((END,))


_SWITCHES = [bytes((SWITCH_PAGE, page)) for page in range(256)]
_STRING = bytes((STR_I,))
_STRING_END = bytes((0, END))
_END = bytes((END,))


class WbxmlWriter:
    """Writes one document. Only what no phone is sent needs the string table: names that no CSP version has."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.literals: dict[bytes, int] = {}  # each with its offset in the string table
        self.size = 0

    def body(self, root: Element) -> list[bytes]:
        forms = tokens.ELEMENT_FORMS[self.version]
        out: list[bytes] = []
        put = out.append
        page = 0
        rows: Iterator[Element] = iter((root,))
        stack: list[Iterator[Element]] = []
        while True:
            for element in rows:
                form = forms.get(element.name)
                if form is None or (element.attrs and element.name not in NAMESPACED_ELEMENTS):
                    form = self.odd_form(element, form, page)
                number, empty, opening, texts, integer = form
                if number != page:
                    page = number
                    put(_SWITCHES[number])
                if element.children:
                    put(opening)
                    stack.append(rows)
                    rows = iter(element.children)
                    break
                text = element.text
                if not text:
                    put(empty)
                    continue
                put(opening)
                octets = texts.get(text) if texts is not None else opaque_integer(text) if integer else None
                if octets is not None:
                    put(octets)
                    continue
                if not text.isprintable():
                    text = legal_text(text)
                out += (_STRING, text.encode(), _STRING_END)
            else:
                if not stack:
                    return out
                put(_END)
                rows = stack.pop()

    def odd_form(self, element: Element, form: Form | None, page: int) -> Form:
        """The form of an element that has attributes, or a name that is in no table."""
        if form is None:
            name = names.canonical_name(element.name)
            form = tokens.ELEMENT_FORMS[self.version].get(name)
            if form is not None and name in NAMESPACED_ELEMENTS:
                return form
        attributes = self.attributes(element)
        if form is not None:
            token, rest = form.empty[0], b""
        else:
            form = tokens.Form(page, b"", b"", None, False)
            token, rest = LITERAL, self.literal(element.name)
        if attributes:
            token |= tokens.HAS_ATTRIBUTES
        rest += attributes
        return form._replace(empty=bytes((token,)) + rest, open=bytes((token | HAS_CONTENT,)) + rest)

    def attributes(self, element: Element) -> bytes:
        if not element.attrs:
            return b""
        parts = [
            bytes((LITERAL,)) + self.literal(name) + _STRING + legal_text(value).encode() + b"\0"
            for name, value in element.attrs.items()
        ]
        return b"".join(parts) + _END

    def literal(self, name: str) -> bytes:
        if not names.is_name(name):
            raise WireError(f"{name[:40]!r} is no name that can be written")
        octets = name.encode() + b"\0"
        if octets not in self.literals:
            self.literals[octets] = self.size
            self.size += len(octets)
        return tokens.multi_byte(self.literals[octets])
