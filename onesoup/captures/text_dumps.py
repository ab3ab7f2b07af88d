"""Bytes that people wrote down as text: plain hex, `aa:bb`, dumps of xxd, hexdump, od, tcpdump and Wireshark, C arrays, and
documents that are text themselves. All else is read over, so that a log, an e-mail or a page of a PDF may be given as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from onesoup.captures.documents import Notice, no_notice
from onesoup.captures.dump_rows import DumpRow, bytes_of_rows, read_row
from onesoup.captures.hex_block import HexBlock
from onesoup.captures.splitting import begins_document, document_end

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
_HEX = re.compile(rb"[0-9A-Fa-f]+")
_CLOCK = re.compile(rb"(?:\d{2,4}[-./]\d\d[-./]\d{2,4}[ T]*)?(?:\d\d:\d\d(?::\d\d)?)?")
# Fewer digits that begin no document are a number or a word, in a file that has documents.
_SHORT_HEX = 16
_INSIDE = re.compile(rb"(?<![0-9A-Fa-f])(?:0[1-3]|3[cC]|57)(?:[ :\-]?[0-9A-Fa-f]{2}){7,}")
_C_ARRAY = re.compile(rb"0[xX][0-9A-Fa-f]{1,2}\s*,")
_C_COMMENT = re.compile(rb"/\*.*?(?:\*/|\Z)|//[^\n]*", re.DOTALL)
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


def read_text(data: bytes, notice: Notice = no_notice) -> Iterator[WrittenBytes]:
    """What is written there, in order. `notice` is told which lines are in doubt."""
    if data.startswith(_UTF_16):
        data = _utf_8(data)
    if _C_ARRAY.search(data):
        return _c_arrays(data)
    return _TextReader(data, notice).read()


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

    def __init__(self, data: bytes, notice: Notice) -> None:
        self.data = data
        self.notice = notice
        self.line = 0
        self.hexes = HexBlock()
        self.rows: list[DumpRow] = []
        self.end: tuple[int, bytes] | None = None  # (line, text) of the last row, if it has an offset alone
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
            yield from self.row(row, line)
        elif digits := _digits_of(line):
            yield from self.more_hex(digits, line)

    def row(self, row: DumpRow, line: bytes) -> Iterator[WrittenBytes]:
        if self.rows and not row.words and not row.follows(self.rows):
            self.left_out(self.line, line)
            return
        if row.words and self.end and row.follows(self.rows[:-1]):  # what looked like the end of the dump was none
            self.rows.pop()
            self.left_out(*self.end)
        if self.hexes.lines or not row.follows(self.rows):
            yield from self.finished()
        if not self.rows:
            self.begun = self.line
        self.rows.append(row)
        self.end = None if row.words or row.offset == "*" else (self.line, line)

    def left_out(self, number: int, line: bytes) -> None:
        self.notice(f"line {number}: `{line.decode('utf-8', 'replace').strip()}` left out as a page number")

    def more_hex(self, digits: bytes, line: bytes) -> Iterator[WrittenBytes]:
        """A line begins a document, or it goes on with the one before."""
        found = bytes.fromhex(digits[: len(digits) // 2 * 2].decode())
        begins = begins_document(found)
        if len(digits) % 2 and not begins and not self.goes_on(digits):
            if self.hexes.lines or self.rows:
                self.left_out(self.line, line)
            return
        if not self.hexes.lines and len(digits) < _SHORT_HEX and not begins:
            if self.rows:
                self.left_out(self.line, line)
            self.short.append(WrittenBytes(found, self.line))
            return
        if self.rows or begins:
            yield from self.finished()
        self.hexes.add(self.line, digits, line)

    def goes_on(self, digits: bytes) -> bool:
        """Whether an odd number of digits may be part of the lines before. A short one is, if it completes a byte."""
        return bool(self.hexes.lines) and (len(digits) >= _SHORT_HEX or self.hexes.odd)

    def finished(self) -> Iterator[WrittenBytes]:
        begun = self.begun
        if self.rows:
            found = bytes_of_rows(self.rows)
        elif self.hexes.lines:
            begun = self.hexes.lines[0].number
            found, notes = self.hexes.read()
            for note in notes:
                self.notice(note)
        else:
            return
        self.rows, self.hexes, self.end = [], HexBlock(), None
        if found:
            self.found = True
            yield WrittenBytes(found, begun)


def _digits_of(line: bytes) -> bytes:
    """The digits of a line of hex, or of the hex of a document inside of a line."""
    digits = _SEPARATORS.sub(b"", line)
    if _HEX.fullmatch(digits) and not _CLOCK.fullmatch(line.strip()):
        return digits
    for found in _INSIDE.finditer(line):
        inside = re.sub(rb"[ :\-]", b"", found[0])
        if begins_document(bytes.fromhex(inside.decode())):
            return inside
    return b""
