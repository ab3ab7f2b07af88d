"""Other characters of the same kind: script, case and length in UTF-8 stay. Pure."""

import unicodedata
from functools import lru_cache

_LOWER, _UPPER = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Faces, for pictures among the letters.
_FACES = "".join(map(chr, range(0x1F600, 0x1F640)))
_FIRST_PICTURE, _LAST_PICTURE = 0x1F300, 0x1FAFF
_BLOCK = 256


def alike(char: str, number: int, first_digit: bool = False) -> str:
    """The character that `number` picks. Spaces, marks and signs stay; a number does not begin with 0."""
    if char.isascii():
        if char.isdigit():
            return str(1 + number % 9 if first_digit else number % 10)
        letters = _LOWER if char.islower() else _UPPER
        return letters[number % 26] if char.isalpha() else char
    low = char.lower()
    if low != char and len(low) == 1:
        candidates = _candidates(low, cased=True)
        return candidates[number % len(candidates)].upper() if candidates else char
    candidates = _candidates(char)
    return candidates[number % len(candidates)]


@lru_cache(maxsize=2048)
def _candidates(char: str, cased: bool = False) -> str:
    """Characters of the same block, category and script, which every XMPP server takes in a name; itself where there is none.
    `cased`: those that have a capital of the same length."""
    code = ord(char)
    if _FIRST_PICTURE <= code <= _LAST_PICTURE:
        return _FACES
    if unicodedata.category(char)[0] not in "LN":
        return char
    start = code - code % _BLOCK
    block = [chr(each) for each in range(max(start, 0x80), start + _BLOCK) if not 0xD800 <= each < 0xE000]
    kind = _kind(char)
    same = [each for each in block if _kind(each) == kind]
    plain = [each for each in same if _is_plain(each)] or same
    return "".join(each for each in plain if not cased or _has_capital(each))


def _has_capital(char: str) -> bool:
    capital = char.upper()
    return len(capital) == 1 and capital.lower() == char != capital and len(capital.encode()) == len(char.encode())


def _kind(char: str) -> tuple[str, str, int]:
    """Category, script and length."""
    return unicodedata.category(char), unicodedata.name(char, "").partition(" ")[0], len(char.encode())


def _is_plain(char: str) -> bool:
    """In stringprep's Unicode, and one that no preparation changes."""
    return unicodedata.ucd_3_2_0.category(char) != "Cn" and unicodedata.normalize("NFKC", char) == char
