"""Bytes that people wrote down as text: plain hex, `aa:bb`, dumps of xxd, hexdump, od, tcpdump and Wireshark, C arrays, and
documents that are text themselves. All else is read over, so that a log, an e-mail or a page of a PDF may be given as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from onesoup.captures.dump_rows import DumpRow, bytes_of_rows, read_row
from onesoup.captures.splitting import begins_document, document_end, is_whole

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
# Enough of a file to tell text by.
_LOOKED_AT = 64 * 1024

# What word processors and PDF put between characters.
_ODD_BLANKS = ((b"\xc2\xa0", b" "), (b"\xc2\xad", b""), (b"\xe2\x80\x8b", b""), (b"\xef\xbb\xbf", b""))

_XML = re.compile(rb"\s*(?P<xml><[?!A-Za-z_])")
_XML_INSIDE = re.compile(rb"(?P<xml><\?xml\s|<!DOCTYPE\s+WV|<(?:\w{1,40}:)?WV-CSP-)")
_PTS = re.compile(rb"\s*WV(?:\d\d|XX)[A-Za-z]{2}")
_SEPARATORS = re.compile(rb"\\x|0[xX]|[\s:,;.\-]+")
_HEX = re.compile(rb"(?:[0-9A-Fa-f]{2})+")
_CLOCK = re.compile(rb"(?:\d{2,4}[-./]\d\d[-./]\d{2,4}[ T]*)?(?:\d\d:\d\d(?::\d\d)?)?")
# Shorter hex that begins no document is a number or a word, in a file that has documents.
_SHORT_HEX = 8
_INSIDE = re.compile(rb"(?<![0-9A-Fa-f])(?:0[1-3]|3[cC]|57)(?:[ :\-]?[0-9A-Fa-f]{2}){7,}")
_C_ARRAY = re.compile(rb"0[xX][0-9A-Fa-f]{1,2}\s*,")
_C_COMMENT = re.compile(rb"/\*.*?\*/|//[^\n]*", re.DOTALL)
_C_BYTE = re.compile(rb"0[xX]([0-9A-Fa-f]{1,2})\b")


@dataclass(frozen=True, slots=True)
class WrittenBytes:
    """Bytes found in a text, and the line on which they begin, counted from 1."""

    data: bytes
    line: int


def is_text(data: bytes) -> bool:
    if data.startswith(_UTF_16):
        return not _utf_8(data).lstrip().startswith(b"<")  # UTF-16 of XML is a document as it is
    return not _CONTROLS.search(data, 0, _LOOKED_AT)


def _utf_8(data: bytes) -> bytes:
    return data.decode("utf-16", "replace").encode("utf-8", "replace")


def read_text(data: bytes) -> Iterator[WrittenBytes]:
    """What is written there, in order."""
    if data.startswith(_UTF_16):
        data = _utf_8(data)
    if _C_ARRAY.search(data):
        return _c_arrays(data)
    return _TextReader(data).read()


def _c_arrays(data: bytes) -> Iterator[WrittenBytes]:
    """Each pair of braces; all of the text where there are none."""
    code = _C_COMMENT.sub(lambda found: b"\n" * found[0].count(b"\n"), data)
    lines = 1
    for place, part in enumerate(code.split(b"{")):
        inside = part.partition(b"}")[0] if place or b"{" not in code else b""
        if found := bytes(int(digits, 16) for digits in _C_BYTE.findall(inside)):
            yield WrittenBytes(found, lines)
        lines += part.count(b"\n")


class _TextReader:
    """Goes over the lines. `hexes`: plain hex that has no end yet, for it may go on in the next line; `rows`: those of a dump."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.line = 0
        self.hexes = bytearray()
        self.last = 0  # bytes of the last line
        self.rows: list[DumpRow] = []
        self.begun = 0
        self.short: list[WrittenBytes] = []
        self.found = False

    def read(self) -> Iterator[WrittenBytes]:
        at = 0
        while at < len(self.data):
            end = self.data.find(b"\n", at) + 1 or len(self.data)
            self.line += 1
            if xml := _XML.match(self.data, at, end) or _XML_INSIDE.search(self.data, at, end):
                yield from self.finished()
                start = xml.start("xml")
                end = document_end(self.data, start)
                self.found = True
                yield WrittenBytes(self.data[start:end], self.line)
                self.line += self.data.count(b"\n", at, end) - 1  # what is behind the document on its last line comes next
                at = end
                continue
            yield from self.one_line(self.data[at:end])
            at = end
        yield from self.finished()
        if not self.found:
            yield from self.short

    def one_line(self, line: bytes) -> Iterator[WrittenBytes]:
        for odd, plain in _ODD_BLANKS:
            line = line.replace(odd, plain)
        line = line.rstrip()
        if _PTS.match(line):
            yield from self.finished()
            self.found = True
            yield WrittenBytes(line.strip(), self.line)
        elif row := read_row(line.decode("latin-1"), self.rows):
            yield from self.row(row)
        elif found := _hex_of(line):
            yield from self.more_hex(found)

    def row(self, row: DumpRow) -> Iterator[WrittenBytes]:
        if self.hexes or not row.follows(self.rows):
            yield from self.finished()
        if not self.rows:
            self.begun = self.line
        if self.rows or row.words:
            self.rows.append(row)

    def more_hex(self, found: bytes) -> Iterator[WrittenBytes]:
        """A line begins a document, or it goes on with the one before."""
        if not self.hexes and len(found) < _SHORT_HEX and not begins_document(found):
            self.short.append(WrittenBytes(found, self.line))
            return
        if self.rows or begins_document(found):
            yield from self.finished()
        if not self.hexes:
            self.begun = self.line
        self.hexes += found
        self.last = len(found)

    def finished(self) -> Iterator[WrittenBytes]:
        found = bytes_of_rows(self.rows) if self.rows else self.plain_hex()
        self.rows, self.hexes = [], bytearray()
        if found:
            self.found = True
            yield WrittenBytes(found, self.begun)

    def plain_hex(self) -> bytes:
        """Without a last line that is the number of a page: the document is whole before it."""
        found = bytes(self.hexes)
        before = found[: -self.last]
        return before if before and self.last < _SHORT_HEX and is_whole(before) else found


def _hex_of(line: bytes) -> bytes:
    """The bytes of a line of hex, or of the hex of a document inside of a line."""
    digits = _SEPARATORS.sub(b"", line)
    if _HEX.fullmatch(digits) and not _CLOCK.fullmatch(line.strip()):
        return bytes.fromhex(digits.decode())
    for found in _INSIDE.finditer(line):
        inside = bytes.fromhex(re.sub(rb"[ :\-]", b"", found[0]).decode())
        if begins_document(inside):
            return inside
    return b""
