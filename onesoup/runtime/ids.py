"""Makes ids: random tokens, and MessageIDs that sort by the time at which they were made."""

import secrets

_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"  # in the order of its characters

# Characters of the random ids of messages.
MESSAGE_ID_LENGTH = 16

_last_id = 0


def token(length: int) -> str:
    """Random letters and digits, 5 bits each."""
    return _letters(secrets.randbits(5 * length), length)


def ordered_id(now: float) -> str:
    """A new MessageID at `now`, seconds since the epoch. Ids of one process sort in the order in which they were made, ids of
    several processes by their clocks."""
    global _last_id
    _last_id = max(int(now * 1000) << 10, _last_id + 1)
    return _letters(_last_id, 11) + token(7)


def made_at(message_id: str) -> float | None:
    """When an id of `ordered_id` was made, seconds since the epoch; None for an id of another kind. The mark of a group message's
    delivery method, one letter and a dot, may stand before it."""
    letters = message_id[2:] if message_id[1:2] == "." else message_id
    if len(letters) != 18 or any(letter not in _ALPHABET for letter in letters[:11]):
        return None
    number = 0
    for letter in letters[:11]:
        number = number << 5 | _ALPHABET.index(letter)
    return (number >> 10) / 1000


def _letters(number: int, length: int) -> str:
    """The lowest 5 * length bits of a number as letters, the highest first."""
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(length)))
