"""What is below the elements of WBXML: numbers, strings, the header, attributes, and how much of each there may be."""

from __future__ import annotations

from onesoup.wire import datatypes, names, tokens
from onesoup.wire.datatypes import legal_text
from onesoup.wire.errors import WireError
from onesoup.wire.limits import MAX_DOCUMENT_BYTES, MAX_ELEMENTS, MAX_TEXT_ITEMS, too_long, too_many
from onesoup.wire.tokens import END, ENTITY, EXT, EXT_I, EXT_T, LITERAL, OPAQUE, STR_I, STR_T, SWITCH_PAGE
from onesoup.wire.tree import Element

MAX_UINT32 = 2**32 - 1


class WbxmlInput:
    """The bytes of one document. Methods take an offset and return it moved on, so that a loop keeps its own."""

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
                if value > MAX_UINT32:
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
            raise WireError(f"opaque data of {length} bytes runs beyond the document", pos)
        return self.data[start : start + length], start + length

    def from_table(self, pos: int) -> tuple[str, int]:
        """A string of the string table, from any of its characters on. Each reference counts against the text limit."""
        index, after = self.data[pos], pos + 1
        if index > 0x7F:
            index, after = self.mb(pos)
        if index >= len(self.strings):
            raise WireError(f"string table offset {index} is outside the table of {len(self.strings)} bytes", pos)
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

    # ---- header

    def header(self) -> int:
        """Version, public id, character set, string table. Returns where the body begins."""
        data = self.data
        common = tokens.VERSION_OF_HEADER.get(data[:4])
        if common is not None:
            self.version, self.charset = common, "utf-8"
            return 4
        if not 1 <= data[0] <= 3:
            raise WireError(f"WBXML version {data[0]:02X} is none of 01, 02, 03", 0)
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
            raise WireError(f"string table of {length} bytes runs beyond the document", after)
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

    def entity(self, pos: int) -> tuple[str, int]:
        code, after = self.mb(pos)
        if code > 0x10FFFF or 0xD800 <= code < 0xE000:
            raise WireError(f"entity {code:X} is no character", pos)
        return chr(code), after

    # ---- attributes

    def extension(self, token: int, pos: int) -> int:
        """Reads over an extension token: CSP has no use for them."""
        if token in EXT_I:
            return self.inline(pos)[1]
        if token in EXT_T:
            return self.mb(pos)[1]
        assert token in EXT
        return pos

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
