"""Phone numbers as networks write them (cir.md 11.4), and how much one is to be believed. Values and pure functions."""

import re
from collections.abc import Iterable

# Where a number is known from. A claimed one is the phone's word and pays for nothing.
NUMBER_FROM_NETWORK, NUMBER_FROM_CODE, NUMBER_FROM_SMS = "network", "code", "sms"

_NOISE = re.compile(r"[\s()./-]")


def normal_number(text: str, country: str = "") -> str | None:
    """The number as + and 8 to 15 digits, or None when it is none: some gateways put a name or an encrypted id there.

    `country` is the code that national numbers get, "" when they cannot be told from others."""
    number = _NOISE.sub("", text.strip().partition(";")[0].partition("@")[0])
    if number.lower().startswith("tel:"):
        number = number[4:]
    if number.startswith("00"):
        number = "+" + number[2:]
    elif number.startswith("0"):
        if not country:
            return None
        number = f"+{country}{number[1:]}"
    digits = number.removeprefix("+")
    return f"+{digits}" if digits.isascii() and digits.isdigit() and 8 <= len(digits) <= 15 else None


def number_allowed(number: str, prefixes: Iterable[str]) -> bool:
    """Whether messages may go to this number. An empty list allows none."""
    return bool(number) and any(number.startswith(prefix) for prefix in prefixes)


def hidden_number(number: str) -> str:
    """A number for a log: its last three digits."""
    return f"***{number[-3:]}" if number else ""


def trusted_number(network: str, claimed: str, known: Iterable[str], accept_claimed: bool = False) -> str:
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
