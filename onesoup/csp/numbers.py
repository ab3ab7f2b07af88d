"""Phone numbers (cir.md 11.4): how they are written, and how much a number is to be believed. Values and pure functions."""

import re
from collections.abc import Iterable

# Between the digits of a number, as people and gateways write them.
_NOISE = re.compile(r"[\s().-]")
_TAIL = re.compile(r"(?:;type=|/type=|@).*", re.IGNORECASE)
LEAST, MOST = 8, 15

# Where a number is known from. A claimed one is the phone's word and pays for nothing.
NETWORK, HELO, OPERATOR, CODE, CLAIMED = "network", "helo", "operator", "code", "claimed"


def normal(text: str | None, country: str = "") -> str:
    """The number as + and 8 to 15 digits, or "" when it is none. National numbers need `country`, a country code."""
    digits = _NOISE.sub("", _TAIL.sub("", (text or "").strip()))
    if digits.startswith("+"):
        digits = digits[1:]
    elif digits.startswith("00"):
        digits = digits[2:]
    elif digits.startswith("0"):
        digits = f"{country}{digits[1:]}" if country else ""
    good = digits.isascii() and digits.isdigit() and not digits.startswith("0") and LEAST <= len(digits) <= MOST
    return f"+{digits}" if good else ""


def first(values: Iterable[str | None], country: str = "") -> str:
    """The number in the first header that is not empty. One that holds something else, such as a hash, gives none."""
    for value in values:
        if value and value.strip():
            return normal(value, country)
    return ""


def allowed(number: str, prefixes: Iterable[str]) -> bool:
    """Whether messages may go to this number. An empty list allows none."""
    return bool(number) and any(number.startswith(prefix) for prefix in prefixes)


def hidden(number: str) -> str:
    """A number for a log: its last three digits."""
    return f"***{number[-3:]}" if number else ""


def trusted(network: str, claimed: str, known: Iterable[str], accept_claimed: bool = False) -> str:
    """The number that messages may go to, or "". `network` is what a trusted proxy says now, `known` are those that the
    account has proved, the latest first."""
    proved = list(known)
    if network:
        return network
    if claimed and (accept_claimed or claimed in proved):
        return claimed
    if claimed or not proved:
        return ""
    return proved[0]
