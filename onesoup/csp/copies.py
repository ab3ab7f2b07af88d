"""Copies of one message: every phone of an account gets its own (XEP-0280). What somebody has read on one phone is no news on
another, and this tells which copies are of the same message. Pure; the name of a copy stands with the message in the store.

A name is the kind, 13 letters for the message, 4 for the phone that got the copy, and the time when it came. Names of the parts
of a message end in a dot, but that of the last."""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

# A message that an archive numbers is known by its number. Any other by sender, id and text: all of these may come again, so
# copies of such a message have to come at about the same time.
COPY_NUMBERED, COPY_BY_TEXT = "a", "s"
TOGETHER_MS = 120_000
_MESSAGE, _PHONE = 14, 18
# More copies of one name than this are somebody's game: comparing them all is not worth it, and then they count as not read.
_MOST_PAIRS = 10_000


def copy_name(message: Iterable[str], phone: str, now: float, numbered: bool = False) -> str:
    """The name of the copy of a message that `phone` gets at `now`. `message` is what tells it from others."""
    kind = COPY_NUMBERED if numbered else COPY_BY_TEXT
    return f"{kind}{_letters(13, *message)}{_letters(4, phone)}{int(now * 1000)}"


def copy_part_name(copy: str) -> str:
    """The name of a part of this copy that is not the last: who has read it has not read the message."""
    return copy if copy.endswith(".") or not copy else copy + "."


def _letters(length: int, *texts: str) -> str:
    digest = hashlib.blake2b("\0".join(texts).encode("utf-8", "surrogatepass"), digest_size=10).digest()
    return base64.b32encode(digest).decode().lower()[:length]


@dataclass(slots=True)
class _Message:
    """All that is known of one message: by phone, copies that wait as (time, name), and the times of those that were read."""

    waiting: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    read: dict[str, list[int]] = field(default_factory=dict)


def no_news(waiting: Iterable[str], read: Iterable[str]) -> set[str]:
    """Of the names of copies that wait for a phone, those whose message was read on another phone, or waits already as another
    phone's copy. Each copy that was read stands for one copy on each other phone, the nearest in time: where a phone got the
    same words twice, and they were read once elsewhere, one of the two is still news."""
    found: dict[str, _Message] = {}
    wanted = set(waiting)
    for copy in wanted:
        if not copy.endswith("."):
            message = found.setdefault(copy[:_MESSAGE], _Message())
            message.waiting.setdefault(copy[_MESSAGE:_PHONE], []).append((_time(copy), copy))
    for copy in set(read):
        if copy[:_MESSAGE] in found and not copy.endswith("."):
            found[copy[:_MESSAGE]].read.setdefault(copy[_MESSAGE:_PHONE], []).append(_time(copy))
    old = {copy for key, message in found.items() for copy in _old(message, key.startswith(COPY_NUMBERED))}
    return old | {copy for copy in wanted if copy.endswith(".") and copy[:-1] in old}


def _old(message: _Message, numbered: bool) -> set[str]:
    old: set[str] = set()
    known = {phone: list(times) for phone, times in message.read.items()}
    for phone, waiting in sorted(message.waiting.items()):
        # What was read on this phone itself takes up its share of what was read elsewhere.
        copies: list[tuple[int, str]] = [*waiting, *((time, "") for time in message.read.get(phone, ()))]
        for other, times in known.items():
            if other != phone:
                old |= _matched(copies, times, numbered)
        known.setdefault(phone, []).extend(time for time, copy in waiting if copy not in old)
    return old


def _matched(copies: list[tuple[int, str]], times: list[int], numbered: bool) -> set[str]:
    """One of the copies for each of the times, the nearest."""
    if len(copies) * len(times) > _MOST_PAIRS:
        return set()
    pairs = sorted(
        (abs(time - mine), number, other)
        for number, (mine, _) in enumerate(copies)
        for other, time in enumerate(times)
        if numbered or abs(time - mine) <= TOGETHER_MS
    )
    taken: dict[int, int] = {}
    for _, number, other in pairs:
        if number not in taken and other not in taken.values():
            taken[number] = other
    return {copies[number][1] for number in taken} - {""}


def _time(copy: str) -> int:
    digits = copy[_PHONE:]
    return int(digits) if digits.isdigit() else 0


def copies_of_items(waiting: Mapping[str, str], read: Iterable[str]) -> set[str]:
    """As no_news(), of items: their ids, by id -> name of the copy ("" for what no other session has)."""
    old = no_news((copy for copy in waiting.values() if copy), read)
    return {id_ for id_, copy in waiting.items() if copy in old}
