"""WBXML (WAP-192, WBXML 1.3) as CSP uses it: octets to tree and tree to octets. Knows tokens, not what a primitive means.

Neither direction recurses, and the common shapes are read and written without a call: this is most of what a poll costs.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from onesoup.wire import datatypes, names, tokens
from onesoup.wire.datatypes import BOOLEAN, CONTENT, DATETIME, INTEGER, KIND_OF_ELEMENT, STRING, legal_text, normal_value
from onesoup.wire.errors import WireError
from onesoup.wire.generated.doctypes import NAMESPACES
from onesoup.wire.limits import (
    MAX_DOCUMENT_BYTES,
    MAX_ELEMENT_DEPTH,
    MAX_ELEMENTS,
    MAX_TEXT_ITEMS,
    check_size,
    too_deep,
    too_long,
    too_many,
    too_split,
)
from onesoup.wire.tokens import END, ENTITY, EXT, EXT_I, EXT_T, HAS_CONTENT, LITERAL, OPAQUE, PI, STR_I, STR_T, SWITCH_PAGE, Form
from onesoup.wire.tree import Element

NAMESPACED = frozenset(NAMESPACES["1.2"])
_EXT_T_0 = EXT_T[0]
_MAX_UINT32 = 2**32 - 1


def decode(data: bytes, charset: str | None = None) -> tuple[Element, str]:
    """The root element and the CSP version. `charset` is what HTTP says, for a document that leaves it open."""
    check_size(data)
    reader = Reader(data, charset)
    try:
        return reader.body(reader.header()), reader.version
    except IndexError:
        error = WireError("document ends inside an element", len(data))
    except WireError as found:
        error = found
    error.partial, error.version = reader.root, reader.version
    raise error


class Reader:
    """Reads one document. Methods take an offset and return it moved on, so that the loop of body() keeps its own."""

    __slots__ = ("attribute_page", "charset", "data", "elements", "items", "named_by", "root", "strings", "text", "version")

    def __init__(self, data: bytes, charset: str | None) -> None:
        self.data = data
        self.charset = tokens.CHARSETS_OF_HTTP.get((charset or "").lower(), "utf-8")
        self.version = names.DEFAULT_VERSION
        self.root: Element | None = None
        self.strings = b""
        self.attribute_page = 0
        self.elements = MAX_ELEMENTS  # less what page switches and attributes have taken of it
        self.items = MAX_TEXT_ITEMS
        self.text = MAX_DOCUMENT_BYTES - len(data)  # how much more than the text that stands in the document itself
        self.named_by = ""  # the element whose xmlns gave the version

    # ---- numbers and strings

    def mb(self, pos: int) -> tuple[int, int]:
        value = 0
        for at in range(pos, pos + 5):  # five octets carry 32 bits; more is a mistake or an attack
            octet = self.data[at]
            value = value << 7 | octet & 0x7F
            if octet < 0x80:
                if value > _MAX_UINT32:
                    break
                return value, at + 1
        raise WireError("multi-byte integer beyond 32 bits", pos)

    def string(self, octets: bytes) -> str:
        if self.charset == "utf-8":
            return datatypes.decode_utf8(octets)
        return octets.decode(self.charset, "replace")

    def inline(self, pos: int) -> tuple[str, int]:
        end = self.data.find(0, pos)
        if end < 0:
            raise WireError("inline string without its NUL", pos)
        return self.string(self.data[pos:end]), end + 1

    def octets(self, pos: int) -> tuple[bytes, int]:
        length, start = self.mb(pos)
        if length > len(self.data) - start:
            raise WireError(f"opaque data of {length} octets runs beyond the document", pos)
        return self.data[start : start + length], start + length

    def from_table(self, pos: int) -> tuple[str, int]:
        """A string of the string table, from any of its characters on. Each reference counts against the text limit."""
        index, after = self.data[pos], pos + 1
        if index > 0x7F:
            index, after = self.mb(pos)
        if index >= len(self.strings):
            raise WireError(f"string table offset {index} is outside the table of {len(self.strings)} octets", pos)
        end = self.strings.find(0, index)
        octets = self.strings[index : end if end >= 0 else None]
        self.spend(len(octets), pos)
        return self.string(octets), after

    def spend(self, characters: int, pos: int) -> None:
        self.text -= characters
        if self.text < 0:
            raise too_long(pos)

    def count(self, pos: int) -> None:
        self.elements -= 1
        if self.elements < 0:
            raise too_many(pos)

    # ---- the parts of a document

    def header(self) -> int:
        """Version, public id, character set, string table. Returns where the body begins."""
        data = self.data
        common = tokens.VERSION_OF_HEADER.get(data[:4])
        if common is not None:
            self.version, self.charset = common, "utf-8"
            return 4
        if not 1 <= data[0] <= 3:
            raise WireError(f"WBXML version octet {data[0]:02X} is none of 01, 02, 03", 0)
        public_id, pos = self.mb(1)
        index = None
        if public_id == 0:
            index, pos = self.mb(pos)
        mib, after = self.mb(pos)
        if mib:
            if mib not in tokens.CHARSETS:
                raise WireError(f"character set {mib} (MIBenum) is not read here", pos)
            self.charset = tokens.CHARSETS[mib]
        length, start = self.mb(after)
        if length > len(data) - start:
            raise WireError(f"string table of {length} octets runs beyond the document", after)
        self.strings = data[start : start + length]
        self.version = self._public_version(public_id, index)
        if data[start + length] & 0x3F == 0x3E:  # the root of 1.0; no element of any other version
            self.version = "1.0"
        return start + length

    def _public_version(self, public_id: int, index: int | None) -> str:
        if index is None:
            unknown = tokens.VERSION_OF_UNKNOWN if public_id == tokens.UNKNOWN_PUBLIC_ID else names.DEFAULT_VERSION
            return tokens.VERSION_OF_PUBLIC_ID.get(public_id, unknown)
        if index >= len(self.strings):
            raise WireError(f"string table offset {index} of the public id is outside the table", 1)
        text = self.strings[index:].partition(b"\0")[0].decode("ascii", "replace")
        return names.version_of_public_id(text) or names.DEFAULT_VERSION

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
                # Most elements hold one item and end: read those at once. Whatever looks otherwise takes the long way.
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
        """A tag that no table has, by its name in the string table or as a number that is kept for whoever looks."""
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

    def extension(self, token: int, pos: int) -> int:
        """CSP has no use for these: read over them."""
        if token in EXT_I:
            return self.inline(pos)[1]
        if token in EXT_T:
            return self.mb(pos)[1]
        assert token in EXT
        return pos

    def value(self, number: int, name: str) -> str:
        """The text of a value token; an unknown one is empty text."""
        if number == tokens.HISTORY and self.version == "1.3" and name == "Name":
            return "History"
        return tokens.VALUE_TEXTS[self.version].get(number, "")

    def entity(self, pos: int) -> tuple[str, int]:
        code, after = self.mb(pos)
        if code > 0x10FFFF or 0xD800 <= code < 0xE000:
            raise WireError(f"entity {code:X} is no character", pos)
        return chr(code), after

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
        if not self.named_by and "xmlns" in found and name in NAMESPACED:
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

    def attribute_list(self, pos: int) -> tuple[dict[str, str], int]:
        found: dict[str, str] = {}
        name, pieces = "", [""]
        while True:
            at = pos
            token = self.data[pos]
            pos += 1
            if token == SWITCH_PAGE:
                self.count(at)
                self.attribute_page = self.data[pos]
                pos += 1
            elif token == END or LITERAL <= token < 0x40 or 0x44 < token < 0x80:
                if names.is_name(name):
                    found[name] = legal_text("".join(pieces))
                if token == END:
                    return found, pos
                self.count(at)
                name, prefix, pos = self.attribute_start(token, pos)
                pieces = [prefix]
            else:
                text, pos = self.attribute_value(token, pos)
                pieces.append(text)

    def attribute_start(self, token: int, pos: int) -> tuple[str, str, int]:
        if token == LITERAL:
            name, pos = self.from_table(pos)
            return name, "", pos
        name, prefix = tokens.ATTRIBUTE_STARTS.get(self.attribute_page << 8 | token, ("", ""))
        self.spend(len(prefix), pos)
        return name, prefix, pos

    def attribute_value(self, token: int, pos: int) -> tuple[str, int]:
        if token == STR_I:
            return self.inline(pos)
        if token == STR_T:
            return self.from_table(pos)
        if token == ENTITY:
            return self.entity(pos)
        if token == OPAQUE:
            octets, pos = self.octets(pos)
            return self.string(octets), pos
        if token in EXT_I or token in EXT_T or token in EXT:
            return "", self.extension(token, pos)
        if token & 0x3F <= LITERAL:
            raise WireError(f"token {token:02X} inside an attribute list", pos - 1)
        return "", pos  # value tokens were dropped after 1.0, and no attribute that the gateway reads has one


def _join(pieces: list[str], name: str) -> str:
    text = "".join(pieces)
    if not text.isprintable():
        text = legal_text(text)
    return normal_value(KIND_OF_ELEMENT[name], text) if name in KIND_OF_ELEMENT else text


# ---- encoding


def encode(root: Element, version: str) -> bytes:
    """The document in that version: its tokens, its public id, its namespaces, an empty string table."""
    writer = _Writer(version)
    body = writer.body(root)
    table = b"".join(writer.literals)
    return b"".join((tokens.DOCUMENT_HEADERS[version], tokens.multi_byte(len(table)), table, *body))


@lru_cache(4096)
def size(text: str) -> int:
    """The octets of a text as an inline string; a text that the tables have a token for takes fewer."""
    return len(legal_text(text).encode()) + 2


def integer_octets(text: str) -> bytes | None:
    """Digits as opaque data: big endian, shortest form, 0 is one octet. None if the text is no such number."""
    if len(text) > 10 or not (text.isascii() and text.isdigit()) or int(text) > _MAX_UINT32:
        return None
    number = int(text)
    octets = number.to_bytes((number.bit_length() + 7) // 8 or 1, "big")
    return bytes((OPAQUE, len(octets))) + octets + bytes((END,))


_SWITCHES = [bytes((SWITCH_PAGE, page)) for page in range(256)]
_STRING = bytes((STR_I,))
_STRING_END = bytes((0, END))
_END = bytes((END,))


class _Writer:
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
                if form is None or (element.attrs and element.name not in NAMESPACED):
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
                octets = texts.get(text) if texts is not None else integer_octets(text) if integer else None
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
            if form is not None and name in NAMESPACED:
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
