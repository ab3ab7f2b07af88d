"""Rows of hex dumps: an offset, bytes, and often the same bytes as characters. The offsets tell how many bytes a row has, and
whether they count in hexadecimal, octal or decimal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from onesoup.captures.splitting import begins_document

_ROW = re.compile(r"(\s*)(0[xX])?([0-9A-Fa-f]{4,16})(:?)(?:\s+(\S.*))?")
_WORD = re.compile(r"(\s*)([0-9A-Fa-f]+)(?![^\s|>])")
_RADIXES = (16, 8, 10)
_USUAL_WIDTH = 16
# A row is not wider; od and xxd can be asked for more, and nobody does.
_MOST_IN_ROW = 256
# What `*` may stand for, in all rows of a dump: the rows before it, again and again.
_MOST_REPEATED = 64 * 1024


@dataclass(frozen=True, slots=True)
class DumpRow:
    """`indent` tells the two sides apart where Wireshark shows a conversation."""

    indent: int
    offset: str  # "*": the row before, up to the offset of the next
    colon: bool
    words: tuple[tuple[int, str], ...]  # (blanks before it, digits)

    def follows(self, rows: Sequence[DumpRow]) -> bool:
        if not rows or self.offset == "*":
            return True
        last = next((row for row in reversed(rows) if row.offset != "*"), self)
        return self.indent == last.indent and len(self.offset) == len(last.offset) and int(self.offset, 16) > int(last.offset, 16)


def read_row(line: str, rows: Sequence[DumpRow]) -> DumpRow | None:
    """The row on that line, where the rows before it are of a dump; a dump begins at offset 0."""
    if line == "*" and rows:
        return DumpRow(rows[-1].indent, "*", False, ())
    found = _ROW.fullmatch(line)
    if found is None or (not rows and int(found[3], 16)):
        return None
    words = _words(found[5] or "", 1 if found[4] else 2)
    if not words and (found[5] or not rows):
        return None
    return DumpRow(len(found[1].expandtabs()), found[3], bool(found[4]), words)


def _words(text: str, blanks: int) -> tuple[tuple[int, str], ...]:
    """Words with at most so many blanks between them: xxd and tcpdump, which write a colon, have no gap in the middle."""
    words: list[tuple[int, str]] = []
    at = 0
    while len(words) < _MOST_IN_ROW and (found := _WORD.match(text, at)):
        half = bool(words) and len(found[2]) == 2 and len(words[0][1]) == 4  # an odd number of bytes in words of two
        if words and (len(found[1]) > blanks or not (half or len(found[2]) == len(words[0][1]))):
            break  # the characters begin, or the blanks that stand for bytes which the last row does not have
        words.append((len(found[1]), found[2]))
        at = found.end()
        if half:
            break
    return tuple(words)


def bytes_of_rows(rows: Sequence[DumpRow]) -> bytes:
    rows = [row for place, row in enumerate(rows) if row.offset != "*" or place]
    in_order = _joined(rows, False)
    if rows[0].colon or len(rows[0].words[0][1]) != 4 or begins_document(in_order):
        return in_order
    # hexdump and od without options show words of two bytes, the second first.
    return _joined(rows, True)


def _joined(rows: Sequence[DumpRow], swapped: bool) -> bytes:
    decoded = [_decoded(row, swapped) for row in rows]
    offsets = _offsets(rows, decoded)
    out = bytearray()
    width = _USUAL_WIDTH
    repeated = _MOST_REPEATED
    for place, octets in enumerate(decoded):
        room = _room(offsets, place)
        if rows[place].offset == "*":
            again = bytes(out[-width:])
            missing = min((offsets[place + 1] or 0) - (offsets[0] or 0) - len(out), repeated) if place + 1 < len(rows) else 0
            out += (again * (missing // max(len(again), 1) + 1))[: max(missing, 0)]
            repeated -= max(missing, 0)
            continue
        if room is None:
            room = width if place else _room_of_only_row(rows[0])
        else:
            width = max(room, 1)
        out += octets[:room]
    return bytes(out)


def _room(offsets: Sequence[int | None], place: int) -> int | None:
    """The bytes between the offset of a row and that of the next."""
    here, following = offsets[place], offsets[place + 1] if place + 1 < len(offsets) else None
    return None if here is None or following is None else max(following - here, 0)


def _room_of_only_row(row: DumpRow) -> int:
    """All of a row that stands alone, or what is before two blanks that come too late to be its middle."""
    size = max(len(row.words[0][1]) // 2, 1)
    ends = [place * size for place, (blanks, _) in enumerate(row.words) if blanks > 1 and place * size >= _USUAL_WIDTH]
    return ends[0] if ends else _MOST_IN_ROW * size


def _decoded(row: DumpRow, swapped: bool) -> bytes:
    out = bytearray()
    for _, digits in row.words:
        if len(digits) in (3, 6) and re.fullmatch("[01][0-7]{5}|[0-3][0-7]{2}", digits):  # od in octal
            out += int(digits, 8).to_bytes(len(digits) // 3, "little")
        elif len(digits) % 2:
            break
        else:
            octets = bytes.fromhex(digits)
            out += octets[::-1] if swapped and len(octets) == 2 else octets
    return bytes(out)


def _offsets(rows: Sequence[DumpRow], decoded: Sequence[bytes]) -> list[int | None]:
    """Where rows begin, in the radix that leaves the first row the most bytes of those that it shows."""
    plain = [row.offset for row in rows if row.offset != "*"]
    best: list[int] = []
    for radix in _RADIXES:
        try:
            numbers = [int(text, radix) for text in plain]
        except ValueError:
            continue
        width = numbers[1] - numbers[0] if len(numbers) > 1 else 1
        if 0 < width <= len(decoded[0]) and (len(best) < 2 or width > best[1] - best[0]):
            best = numbers
    left = iter(best)
    return [None if row.offset == "*" or not best else next(left) for row in rows]
