"""Phone numbers as networks write them (cir.md 11.4). Pure text: where a number comes from, and whether that is believed, is
decided elsewhere."""

import re

_NOISE = re.compile(r"[\s()./-]")


def normal(text: str, country: str = "") -> str | None:
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
