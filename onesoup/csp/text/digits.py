"""Numbers that somebody else has written."""

# More digits than any count, size or limit needs.
MAX_DIGITS = 12


def ascii_number(text: str) -> int | None:
    """The number in ASCII digits, None for anything else. str.isdigit() also takes what int() raises on, and int() raises on
    thousands of digits."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS else None
