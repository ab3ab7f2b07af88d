"""One STCP connection of a phone: its socket, and what is known of it."""

import os
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import gevent

from cir.stcp.protocol import StcpConversation
from onesoup.runtime.pace import Pace
from onesoup.runtime.turns import give_way

LINE_WRITE_SECONDS = 10.0
MAX_BYTES_READ = 1024
# The budget of a line: bytes a second, and at once. A phone says a few words in a minute.
LINE_BYTES_PER_SECOND, LINE_BURST_BYTES = 256, 4096
_KEEPALIVE = (("TCP_KEEPIDLE", 600), ("TCP_KEEPINTVL", 60), ("TCP_KEEPCNT", 5), ("TCP_USER_TIMEOUT", 120_000))


@dataclass(slots=True, eq=False)
class StcpConnection:
    """A line, once it is bound to a session. Times are of the monotonic clock."""

    sock: socket.socket
    address: str
    talk: StcpConversation = field(default_factory=StcpConversation)
    version: str = "1.2"
    cookie: str = ""
    # It reads chunks, not lines; and something waits for it when it is bound.
    chunks: bool = False
    waiting: bool = False
    # When the last OK and the last WVCI were written, and when the phone last left with nothing to come back for.
    ok_at: float = 0.0
    sent_at: float = 0.0
    rested: float = 0.0
    # WVCI written for the outstanding wake; when the next one is due, and the timer for it.
    sends: int = 0
    due: float = 0.0
    timer: gevent.Greenlet | None = None
    heard: float = 0.0
    # Whether it was ever bound: the limits count those that were not.
    known: bool = False

    def write_now(self, data: bytes) -> bytes:
        """Writes what the line takes at once, nearly always all. Returns the rest. OSError."""
        with suppress(BlockingIOError):
            return data[os.write(self.sock.fileno(), data) :]
        return data

    def write_rest(self, data: bytes) -> None:
        """Waits for a line that does not take data. OSError after LINE_WRITE_SECONDS."""
        with gevent.Timeout(LINE_WRITE_SECONDS, OSError("phone does not read")):
            self.sock.sendall(data)

    def write(self, data: bytes) -> None:
        """No timer has to be set for a line that takes all at once. OSError."""
        if rest := self.write_now(data):
            self.write_rest(rest)

    def hang_up(self) -> None:
        """Ends the connection; its reader notices."""
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)


def new_pace() -> Pace:
    return Pace(LINE_BYTES_PER_SECOND, LINE_BURST_BYTES)


def receive(sock: socket.socket, seconds: float, pace: Pace, clock: Callable[[], float]) -> bytes:
    """What has come, b"" at the end of the connection. A phone that never stops sending gives others their turn, and waits
    when it has used up its budget. TimeoutError after `seconds`."""
    if seconds <= 0:
        raise TimeoutError
    sock.settimeout(seconds)
    data = sock.recv(MAX_BYTES_READ)
    give_way(min(pace.spend(len(data), clock()), seconds))
    return data


def tune(sock: socket.socket) -> None:
    """Short lines go out at once; a phone that is gone without a word is noticed (cir.md 3.4)."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _KEEPALIVE:
        if hasattr(socket, option):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
