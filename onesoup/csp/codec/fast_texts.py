"""Texts of the fast WBXML reader that do not stand inline and alone: value tokens, string tables, opaque data, several pieces."""

from __future__ import annotations

from onesoup.csp.codec.fast_fields import LeftToTree
from onesoup.wire import tokens
from onesoup.wire.datatypes import DATETIME, INTEGER, STRING, decode_utf8, legal_text, opaque_datetime
from onesoup.wire.limits import MAX_ELEMENTS, MAX_TEXT_ITEMS
from onesoup.wire.tokens import END, ENTITY, EXT_T, OPAQUE, STR_I, STR_T

EXT_T_0 = EXT_T[0]


class ReferencedTexts:
    """Texts that a document names by a number. `left`: how many bytes of them it may still have, since two bytes name any
    length; and how many pieces of text there may be."""

    def __init__(self, version: str, strings: bytes, left: int) -> None:
        self._values, self._strings, self._left = tokens.VALUE_TEXTS[version], strings, left
        self._pieces = MAX_TEXT_ITEMS

    def piece(self) -> None:
        self._pieces -= 1
        if self._pieces < 0:
            raise LeftToTree

    def in_table(self, index: int) -> str:
        if index >= len(self._strings):
            raise LeftToTree
        end = self._strings.find(0, index)
        octets = self._strings[index : end if end >= 0 else None]
        self._spend(len(octets))
        return decode_utf8(octets)

    def value(self, number: int) -> str:
        if number not in self._values or number == tokens.HISTORY:
            raise LeftToTree
        text = self._values[number]
        self._spend(len(text))
        return text

    def _spend(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise LeftToTree


# Value tokens that stand alone in their element are not counted here, as they are by the tree: so much they may make, and so
# much less is left for the others.
UNCOUNTED_TEXT = MAX_ELEMENTS * max(len(text) for texts in tokens.ONE_BYTE_TEXTS.values() for text in texts.values())


def read_pieces(data: bytes, pos: int, kind: int, name: str, texts: ReferencedTexts) -> tuple[str, int]:
    """Text that comes as opaque data or in several items, and where it ends."""
    pieces: list[str] = []
    for _ in range(MAX_PIECES):
        token = data[pos]
        if token == END:
            text = "".join(pieces)
            return text if text.isprintable() else legal_text(text), pos + 1
        texts.piece()
        if token == STR_I:
            end = data.index(0, pos)
            pieces.append(decode_utf8(data[pos + 1 : end]))
            pos = end + 1
        elif token == EXT_T_0:
            number, pos = _number(data, pos + 1)
            pieces.append(texts.value(number))
        elif token == STR_T:
            number, pos = _number(data, pos + 1)
            pieces.append(texts.in_table(number))
        elif token == ENTITY:
            code, pos = _number(data, pos + 1)
            if code > 0x10FFFF or 0xD800 <= code < 0xE000:
                raise LeftToTree
            pieces.append(chr(code))
        elif token == OPAQUE:
            length, start = _number(data, pos + 1)
            pos = start + length
            pieces.append(_opaque(data[start:pos], kind, name))
        else:
            raise LeftToTree
    raise LeftToTree


# More is for the limits of the tree to judge.
MAX_PIECES = 50


def _number(data: bytes, pos: int) -> tuple[int, int]:
    """mb_u_int32 of at most three octets."""
    value = 0
    for at in range(pos, pos + 3):
        value = value << 7 | data[at] & 0x7F
        if data[at] < 0x80:
            return value, at + 1
    raise LeftToTree


def _opaque(octets: bytes, kind: int, name: str) -> str:
    if kind == INTEGER and len(octets) <= 4:
        return str(int.from_bytes(octets, "big"))
    if kind == DATETIME and len(octets) == 6:
        return opaque_datetime(octets)
    if kind == STRING and name != "DirectContent":
        return decode_utf8(octets)
    raise LeftToTree
