"""SMS as data channel: a message in plain text syntax as the texts of short messages, and back. Values only.

A part repeats the preamble, with two letters behind it: its own and that of the last part, `ac` is the first of three. Who sends
them, over which port and to whom, is the carrier hook's business; so is how long it keeps parts of which others are missing.
"""

from __future__ import annotations

from collections.abc import Iterable

from onesoup.wire import ptstext
from onesoup.wire.errors import WireError
from onesoup.wire.limits import check_size
from onesoup.wire.ptstext import MAX_PTS_PARTS

# An SMS of 140 octets, less the seven of the port addresses.
MAX_CSP_SMS_BYTES = 133
# The longest preamble: WV, version, code, an id of three digits.
MAX_PREAMBLE_BYTES = 9


def key(part: bytes) -> tuple[str, int, int]:
    """Which message a part belongs to, its place and the number of parts: parts of one sender with the same first and third
    belong together. WireError when it is no plain text syntax."""
    head = ptstext.read_preamble(part)
    return part[: head.end].decode("ascii").upper(), head.part, head.last + 1


def complete(parts: Iterable[bytes]) -> bool:
    """Whether these are all parts of one message, in any order; a part may come twice."""
    found = [key(part) for part in parts]
    return len({(name, count) for name, _, count in found}) == 1 and {place for _, place, _ in found} == set(range(found[0][2]))


def join(parts: Iterable[bytes]) -> bytes:
    """The message in one piece, for the codec: the preamble of the first part without its letters, then what each holds.
    WireError when a part is missing or belongs to another message."""
    found: dict[int, bytes] = {}
    for part in parts:
        found[key(part)[1]] = part
    if not found or not complete(found.values()):
        raise WireError(f"PTS: {len(found)} parts that are not one message")
    first = found[0]
    message = first[: ptstext.read_preamble(first).end] + b" "
    for _, part in sorted(found.items()):
        message += part[ptstext.read_preamble(part).length + 1 :]
    check_size(message)
    return message


def room(octets: int = MAX_CSP_SMS_BYTES) -> int:
    """The longest message that SMS of so many octets hold, with the longest preamble."""
    return MAX_PTS_PARTS * (octets - MAX_PREAMBLE_BYTES - 3)


def split(message: bytes, octets: int = MAX_CSP_SMS_BYTES) -> list[bytes]:
    """The message as SMS of at most so many octets: as it is when it fits, else in parts. A character of several octets may
    be cut in two: they are texts only when joined. WireError when 26 parts do not hold it."""
    head = ptstext.read_preamble(message)
    if len(message) <= octets:
        return [message]
    room = octets - head.end - 3
    payload = message[head.length + 1 :]
    count = -(-len(payload) // room) if room > 0 else 0
    if not 0 < count <= MAX_PTS_PARTS:
        raise WireError(f"PTS: {len(message)} octets do not go into {MAX_PTS_PARTS} parts of {octets}")
    start = message[: head.end]
    return [
        start + bytes((97 + place, 97 + count - 1)) + b" " + payload[place * room : (place + 1) * room] for place in range(count)
    ]
