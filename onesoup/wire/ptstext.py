"""The writing of the plain text syntax (PTS): preamble, parameters, groups, quotes. Knows octets; knows nothing about CSP.

WV12LR3 UI=wv:alice@example.org PW="two words" CA=((CT,MP),(PM,10))
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from onesoup.wire.datatypes import decode_utf8, legal_text
from onesoup.wire.errors import WireError
from onesoup.wire.limits import MAX_ELEMENT_DEPTH, MAX_ELEMENTS, MAX_NAME_LENGTH

# A group makes at most one level of elements, and eight levels stand around the parameters.
MAX_GROUP_DEPTH = MAX_ELEMENT_DEPTH - 8
MAX_PTS_PARTS = 26

_PREAMBLE = re.compile(rb"WV(\d\d|XX)([A-Z]{2})(\d{1,3})?([A-Z]{2})?(?![^ \r\n])", re.IGNORECASE)
_SNIFF = re.compile(rb"WV(?:\d\d|XX)", re.IGNORECASE)
_NAME = re.compile(rb"[A-Za-z_][A-Za-z0-9._-]*")
_BARE_TOP = re.compile(rb"[^ ]*")
_BARE_INSIDE = re.compile(rb"[^,)]*")
_QUOTED = re.compile(rb'"([^"]*(?:""[^"]*)*)"')
_ID = re.compile(r"[0-9]{1,3}")
_MUST_QUOTE = re.compile(r'[\s",()=&]')


@dataclass(frozen=True, slots=True)
class Preamble:
    """What stands before the first blank. `version` has two digits or is XX; `id` None: there is none; `part` and `last`
    count from 0, both 0 where the message is in one piece; `end` is where the preamble ends, without the letters of a part."""

    version: str
    code: str
    id: str | None
    part: int
    last: int
    end: int
    length: int


@dataclass(slots=True)
class Word:
    text: str
    offset: int


@dataclass(slots=True)
class Group:
    members: list[Word | Group]
    offset: int


@dataclass(slots=True)
class Parameter:
    name: str
    value: Word | Group
    offset: int


# What is to be written: a text, or a group.
Said = str | Sequence["Said"]


def is_pts(data: bytes) -> bool:
    return _SNIFF.match(data) is not None


def read_preamble(data: bytes) -> Preamble:
    found = _PREAMBLE.match(data)
    if found is None:
        raise WireError("PTS: the preamble is not WV, version, code, transaction id", 0)
    part, last = (letter - 97 for letter in (found[4] or b"aa").lower())
    if part > last:
        raise WireError("PTS: part behind the last part", found.start(4))
    end = found.start(4) if found[4] else found.end()
    number = found[3].decode() if found[3] else None
    return Preamble(found[1].decode().upper(), found[2].decode().upper(), number, part, last, end, found.end())


def read_parameters(data: bytes, at: int) -> Iterator[Parameter]:
    """The parameters from `at` on, in order. A name without `=` has an empty value."""
    reader = ParameterReader(data, at)
    while (parameter := reader.parameter()) is not None:
        yield parameter


class ParameterReader:
    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data.rstrip(b"\r\n"), at
        self.values = 0

    def parameter(self) -> Parameter | None:
        while self.data[self.at : self.at + 1] == b" ":
            self.at += 1
        start = self.at
        if start >= len(self.data):
            return None
        name = _NAME.match(self.data, start)
        if name is None or len(name[0]) > MAX_NAME_LENGTH:
            raise WireError("PTS: no parameter name", start)
        self.at = name.end()
        if self.data[self.at : self.at + 1] == b"=":
            self.at += 1
            value = self.value(0)
        else:
            value = Word("", self.at)
        if self.at < len(self.data) and self.data[self.at] != 0x20:
            raise WireError("PTS: no blank behind a value", self.at)
        return Parameter(name[0].decode(), value, start)

    def value(self, depth: int) -> Word | Group:
        self.values += 1
        if self.values > MAX_ELEMENTS:
            raise WireError(f"PTS: too many values: limit is {MAX_ELEMENTS},", self.at)
        start = self.at
        if self.data[start : start + 1] == b"(":
            return self.group(depth + 1)
        if self.data[start : start + 1] == b'"':
            found = _QUOTED.match(self.data, start)
            if found is None:
                raise WireError("PTS: quotes are not closed", start)
            self.at = found.end()
            return Word(_text(found[1].replace(b'""', b'"')), start)
        # COMPAT(Android): writes a status text inside a group without quotes, blanks and all: there only , and ) end a word.
        bare = (_BARE_INSIDE if depth else _BARE_TOP).match(self.data, start)
        assert bare is not None  # both patterns match the empty word
        self.at = bare.end()
        return Word(_text(bare[0]), start)

    def group(self, depth: int) -> Word | Group:
        start = self.at
        if depth > MAX_GROUP_DEPTH:
            raise WireError(f"PTS: groups nest too deep: limit is {MAX_GROUP_DEPTH},", start)
        self.at += 1
        if self.data[self.at : self.at + 1] == b")":
            self.at += 1
            return Word("", start)
        members = [self.value(depth)]
        while (sign := self.data[self.at : self.at + 1]) == b",":
            self.at += 1
            members.append(self.value(depth))
        if sign != b")":
            raise WireError("PTS: neither , nor ) in a group" if sign else "PTS: the group is not closed", self.at)
        self.at += 1
        return Group(members, start)


def _text(octets: bytes) -> str:
    text = octets.decode("ascii") if octets.isascii() else decode_utf8(octets)
    return text if text.isprintable() else legal_text(text)


# ---- writing


def write_line(version: str, code: str, number: str | None, said: Sequence[tuple[str, Said]]) -> bytes:
    """A message in one piece. WireError when the transaction id is none that PTS can say."""
    if number and not _ID.fullmatch(number):
        raise WireError("PTS: a transaction id is a number of at most three digits")
    words = [f"WV{version}{code}{number or ''}", *(f"{name}={_top(value)}" for name, value in said)]
    return " ".join(words).encode()


def _top(value: Said) -> str:
    if not value:
        return '""'  # COMPAT(Android): refuses a message that ends behind a =
    return _value(value)


def _value(value: Said) -> str:
    if isinstance(value, str):
        if not value.isprintable():
            value = legal_text(value)
        return '"' + value.replace('"', '""') + '"' if _MUST_QUOTE.search(value) else value
    inside = ",".join(map(_value, value)) or '""'  # () is nothing, and so no group of one that is empty
    return f"({inside})" if value else ""


def text_size(text: str) -> int:
    """The octets of a text as it stands in a message, quotes included."""
    return len(_top(text).encode())
