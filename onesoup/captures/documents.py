"""What a capture holds: CSP bodies, in the order in which they passed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

# Told, in a sentence, what a capture lacks and what was left out of it.
Notice = Callable[[str], None]


def no_notice(_: str) -> None:
    """For who does not want to hear it."""


class Direction(Enum):
    """Who sent a body. A bare file does not tell."""

    REQUEST = "request"  # the phone, by HTTP POST
    RESPONSE = "response"  # the server, in the HTTP answer
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class CapturedBody:
    """One HTTP body, as it passed. An empty body is one too: the answer to a poll when nothing waits."""

    data: bytes
    direction: Direction = Direction.UNKNOWN
    content_type: str = ""  # of its HTTP message, "" where there is none
    at: float | None = None  # seconds since 1970
    where: str = ""  # file, and the place in it, for messages to people: "razr.pcap, packet 12"
    connection: str = ""  # requests and responses of one TCP connection have the same, and come in turn
    headers: Mapping[str, str] = field(default_factory=dict, compare=False)  # of its HTTP message, as far as known
