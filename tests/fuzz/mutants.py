"""Small wounds to a document: bytes, a cut, a piece of another document, one word in the place of another. The generator of
random numbers is an argument, so that a run can be repeated."""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

# A piece that is moved, dropped or repeated is at most so long.
MOST_PIECE = 32
# One document of so many is blown up: a piece of it stands there very often.
ONE_HUGE = 200
HUGE = (1_000, 4_000, 20_000)
# No mutant is longer: the decoders refuse by size what is.
MOST = 300_000


@dataclass(frozen=True)
class Language:
    """What the words of a document are: how one is found, and which there are."""

    word: re.Pattern[bytes]
    words: tuple[bytes, ...]


def mutant(rng: random.Random, seeds: Sequence[bytes], language: Language) -> bytes:
    """A seed with one to four wounds."""
    data = bytearray(rng.choice(seeds))
    for _ in range(rng.randint(1, 4)):
        rng.choice(_WOUNDS)(rng, data, seeds, language)
    if rng.randrange(ONE_HUGE) == 0:
        _blow_up(rng, data, language)
    return bytes(data[:MOST])


def _place(rng: random.Random, data: bytearray) -> int:
    return rng.randrange(len(data) + 1)


def _byte(rng: random.Random, data: bytearray, _seeds: Sequence[bytes], _language: Language) -> None:
    if data:
        data[rng.randrange(len(data))] = rng.choice((0, 1, 2, 3, 4, 0x45, 0x7F, 0x80, 0x83, 0xC3, 0xFF, rng.randrange(256)))


def _bytes(rng: random.Random, data: bytearray, _seeds: Sequence[bytes], _language: Language) -> None:
    at = _place(rng, data)
    data[at:at] = rng.randbytes(rng.randint(1, 8))


def _drop(rng: random.Random, data: bytearray, _seeds: Sequence[bytes], _language: Language) -> None:
    at = _place(rng, data)
    del data[at : at + rng.randint(1, MOST_PIECE)]


def _cut(rng: random.Random, data: bytearray, _seeds: Sequence[bytes], _language: Language) -> None:
    del data[_place(rng, data) :]


def _repeat(rng: random.Random, data: bytearray, _seeds: Sequence[bytes], _language: Language) -> None:
    at = _place(rng, data)
    data[at:at] = data[at : at + rng.randint(1, MOST_PIECE)]


def _splice(rng: random.Random, data: bytearray, seeds: Sequence[bytes], _language: Language) -> None:
    """A piece of another document, put in or in the place of as much."""
    other = rng.choice(seeds)
    start, length, at = rng.randrange(len(other) + 1), rng.randint(1, MOST_PIECE * 2), _place(rng, data)
    data[at : at + rng.choice((0, length))] = other[start : start + length]


def _swap(rng: random.Random, data: bytearray, _seeds: Sequence[bytes], language: Language) -> None:
    """One word for another, there or wherever it stands: a start tag and its end tag stay a pair."""
    found = list(language.word.finditer(bytes(data)))
    if found:
        old = rng.choice(found)
        new = rng.choice((rng.choice(language.words), rng.choice(found)[0]))
        if rng.randrange(2):
            data[old.start() : old.end()] = new
        else:
            data[:] = data.replace(old[0], new)[:MOST]


def _insert(rng: random.Random, data: bytearray, _seeds: Sequence[bytes], language: Language) -> None:
    at = _place(rng, data)
    data[at:at] = rng.choice(language.words)


def _blow_up(rng: random.Random, data: bytearray, language: Language) -> None:
    at = _place(rng, data)
    piece = bytes(data[at : at + rng.randint(1, 12)]) if rng.randrange(2) else rng.choice(language.words)
    data[at:at] = piece * min(rng.choice(HUGE), MOST // max(len(piece), 1))


_Wound = Callable[[random.Random, bytearray, Sequence[bytes], Language], None]
# Those that leave most of a document as it was come more often.
_WOUNDS: tuple[_Wound, ...] = (_byte, _byte, _bytes, _drop, _cut, _repeat, _splice, _swap, _swap, _swap, _insert, _insert)
