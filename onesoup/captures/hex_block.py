"""Lines of plain hex that belong together. The number of a page may stand between them, and they may break inside of a byte."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

from onesoup.captures.splitting import split_documents
from onesoup.wire import codec
from onesoup.wire.errors import WireError
from onesoup.wire.tree import Element

# The number of a page has at most so many digits, and other lines have many times more.
_PAGE_DIGITS = 8
_TIMES_LONGER = 4
# Digits behind a document that are no document themselves: fewer are the number of a page.
_SHORT = 16
# Each subset of so many lines is tried; of more, all or none.
_MOST_TRIED = 5
_UNREADABLE, _READABLE, _KNOWN = range(3)


class HexLine(NamedTuple):
    number: int  # counted from 1
    digits: bytes
    text: bytes  # as it is written


class HexBlock:
    """`odd`: the digits so far make no whole bytes."""

    def __init__(self) -> None:
        self.lines: list[HexLine] = []
        self.odd = False

    def add(self, number: int, digits: bytes, text: bytes) -> None:
        kept = text if len(digits) < _SHORT or len(digits) % 2 else b""
        self.lines.append(HexLine(number, digits, kept))
        self.odd ^= len(digits) % 2 == 1

    def read(self) -> tuple[bytes, list[str]]:
        """The bytes; and in words which lines were left out, or were taken in doubt."""
        pages = self.page_numbers()
        last = len(self.lines) - 1
        doubtful = [*pages, last] if last and len(self.lines[last].digits) < _SHORT else pages
        left_out = self.best(doubtful)
        digits = self.joined(left_out)
        return bytes.fromhex(digits[: len(digits) // 2 * 2].decode()), list(self.notes(left_out, pages, len(digits) % 2 == 1))

    def page_numbers(self) -> list[int]:
        """Places of lines that look like the number of a page. Where most lines are short, none does."""
        inner = self.lines[1:-1]
        longest = max((len(line.digits) for line in self.lines[:-1]), default=0)
        most = min(_PAGE_DIGITS, longest // _TIMES_LONGER)
        found = [place for place, line in enumerate(inner, 1) if len(line.digits) <= most]
        return found if len(found) * 2 <= len(self.lines) else []

    def best(self, doubtful: list[int]) -> frozenset[int]:
        """The places of the lines without which the block is read best: that leaves out all in doubt, if nothing is lost."""
        nothing: frozenset[int] = frozenset()
        choices = [*_subsets(doubtful), nothing]
        odd = frozenset(place for place, line in enumerate(self.lines) if len(line.digits) % 2)
        if self.odd and 0 not in odd:
            choices.append(odd)
        if len(choices) == 1:
            return nothing
        values: dict[frozenset[int], int] = {}
        for choice in choices:
            values[choice] = _value(self.joined(choice))
            if values[choice] == _KNOWN:
                return choice
        return next((choice for choice in (nothing, *choices) if values[choice]), nothing)

    def joined(self, left_out: frozenset[int]) -> bytes:
        return b"".join(line.digits for place, line in enumerate(self.lines) if place not in left_out)

    def notes(self, left_out: frozenset[int], pages: list[int], odd: bool) -> Iterator[str]:
        end = max(place for place in range(len(self.lines)) if place not in left_out)  # the last line is short by nature
        for place in sorted(left_out.union(pages) - {end}):
            line = self.lines[place]
            text = line.text.decode("utf-8", "replace").strip()
            if place not in left_out:
                yield f"line {line.number}: `{text}` taken, although it looks like a page number"
            elif len(line.digits) < _SHORT:
                yield f"line {line.number}: `{text}` left out as a page number"
            else:
                yield f"line {line.number}: `{text}` left out: an odd number of digits"
        if odd:
            where = (
                f"lines {self.lines[0].number} to {self.lines[-1].number}" if self.lines[1:] else f"line {self.lines[0].number}"
            )
            yield f"{where}: an odd number of digits: one is missing, or one too many"


def _subsets(places: list[int]) -> Iterator[frozenset[int]]:
    """The largest first; without the empty one."""
    sizes = range(len(places), 0, -1) if len(places) <= _MOST_TRIED else [len(places)]
    for size in sizes:
        yield from map(frozenset, combinations(places, size))


def _value(digits: bytes) -> int:
    if len(digits) % 2:
        return _UNREADABLE
    found = _UNREADABLE
    try:
        for _, document in split_documents(bytes.fromhex(digits.decode())):
            known = _KNOWN if is_known(codec.decode(document).root) else _READABLE
            found = min(found or known, known)
    except WireError:
        return _UNREADABLE
    return found


def is_known(root: Element) -> bool:
    """Whether each element has a name in the tables of CSP."""
    waiting = [root]
    while waiting:
        element = waiting.pop()
        if element.name.startswith("unknown-"):
            return False
        waiting.extend(element.children)
    return True
