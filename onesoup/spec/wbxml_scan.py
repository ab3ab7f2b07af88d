"""The tokens of a WBXML document one by one, for rules that are about bytes. Knows tags only by their names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from onesoup.wire import tokens
from onesoup.wire.tokens import TAG_NAMES


class WbxmlToken(NamedTuple):
    """`kind` is tag, end, inline, table, entity, opaque, value or literal; `element` the innermost tag that is open."""

    kind: str
    element: str
    value: bytes = b""


def header(document: bytes) -> tuple[int, int, int, int]:
    """(version byte, public id, charset, length of the string table), each of one byte as far as phones are concerned."""
    return (document[0], document[1], document[2], document[3]) if len(document) > 3 else (0, 0, 0, 0)


def scan(document: bytes, version: str) -> Iterator[WbxmlToken]:
    """All tokens behind the header. Ends early where the document does. Only for documents that the codec has read."""
    names, page, open_tags = TAG_NAMES[version], 0, [""]
    at = 4 + document[3] if len(document) > 3 else len(document)
    while at < len(document):
        octet, at = document[at], at + 1
        element = open_tags[-1]
        if octet == tokens.SWITCH_PAGE:
            page, at = document[at], at + 1
        elif octet == tokens.END:
            open_tags.pop()
            yield WbxmlToken("end", element)
        elif octet == tokens.STR_I:
            end = document.index(0, at)
            yield WbxmlToken("inline", element, document[at:end])
            at = end + 1
        elif octet == tokens.OPAQUE:
            length, at = _number(document, at)
            yield WbxmlToken("opaque", element, document[at : at + length])
            at += length
        elif octet in tokens.EXT_T or octet in (tokens.STR_T, tokens.ENTITY):
            number, at = _number(document, at)
            kind = {tokens.STR_T: "table", tokens.ENTITY: "entity"}.get(octet, "value")
            yield WbxmlToken(kind, element, number.to_bytes(5, "big"))
        else:
            name = "literal" if octet & 0x3F == tokens.LITERAL else names.get(page << 8 | octet & 0x3F, "unknown")
            if name == "literal":
                _, at = _number(document, at)
            yield WbxmlToken("literal" if name == "literal" else "tag", name)
            if octet & tokens.HAS_ATTRIBUTES:
                at = _behind_attributes(document, at)
            if octet & tokens.HAS_CONTENT:
                open_tags.append(name)


def _behind_attributes(document: bytes, at: int) -> int:
    """The offset behind the END of an attribute list."""
    while document[at] != tokens.END:
        octet, at = document[at], at + 1
        if octet == tokens.STR_I:
            at = document.index(0, at) + 1
        elif octet in (tokens.STR_T, tokens.LITERAL, tokens.ENTITY):
            _, at = _number(document, at)
        elif octet == tokens.SWITCH_PAGE:
            at += 1
    return at + 1


def _number(document: bytes, at: int) -> tuple[int, int]:
    """A multi-byte integer, and the offset behind it."""
    value = 0
    while document[at] & 0x80:
        value, at = value << 7 | document[at] & 0x7F, at + 1
    return value << 7 | document[at], at + 1
