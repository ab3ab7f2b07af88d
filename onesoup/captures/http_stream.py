"""HTTP/1.x messages out of recorded bytes: it begins anywhere, ends anywhere and goes on behind what is missing. Feed it, and it
hands back what is complete. Bodies come as they were sent, chunks joined."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto

from onesoup.captures.documents import Notice

_START = re.compile(
    rb"(?:(?P<method>[A-Z]{3,12}) [^\s\0]{1,4096} HTTP/1\.[01]|HTTP/1\.[01] (?P<status>\d{3})(?: [^\r\n\0]{0,200})?)\r?\n"
)
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_CHUNK = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,8})[^\n]{0,1000}\n")
# The longest start line and the longest head that are waited for.
_MOST_START, _MOST_HEAD = 4400, 64 * 1024
_NO_BODY = (204, 304)


def begins_http(data: bytes) -> bool:
    return _START.match(data) is not None


@dataclass
class HttpMessage:
    """`status`: 0 for a request. `packet` and `at`: of its last byte."""

    status: int
    headers: dict[str, str]
    body: bytes = b""
    packet: int = 0
    at: float | None = None
    pieces: list[bytes] = field(default_factory=list)

    def header(self, name: str) -> str:
        return self.headers.get(name, "")


class _State(Enum):
    START = auto()
    HEAD = auto()
    BODY = auto()
    CHUNK = auto()
    CHUNK_DATA = auto()
    TRAILER = auto()
    UNTIL_END = auto()


class HttpStream:
    """One direction of a connection; or both, one after the other, where somebody saved them in one file."""

    def __init__(self, notice: Notice) -> None:
        self.notice = notice
        self.buffer = bytearray()
        self.state = _State.START
        self.message = HttpMessage(0, {})
        self.wanted = 0
        self.looked_at = 0  # how much of a head has been looked through for its end
        self.packet = 0
        self.at: float | None = None

    def feed(self, data: bytes, packet: int = 0, at: float | None = None) -> Iterator[HttpMessage]:
        if packet >= self.packet:  # a piece may have come late: the message was complete no earlier than what is before it
            self.packet, self.at = packet, at
        self.buffer += data
        while True:
            state, size = self.state, len(self.buffer)
            if (done := _STEPS[state](self)) is not None:
                self.state = _State.START
                done.packet, done.at = self.packet, self.at
                done.body, done.pieces = b"".join(done.pieces), []
                if done.status == 0 or done.status >= 200:
                    yield done
            elif self.state is state and len(self.buffer) == size:
                return

    def gap(self, missing: int, packet: int) -> None:
        """Bytes were lost. What they belong to is lost with them."""
        what = "between HTTP messages" if self.state is _State.START else "of an HTTP message"
        self.notice(f"packet {packet}: {missing} bytes {what} were not recorded")
        self.buffer.clear()
        self.state = _State.START

    def close(self) -> Iterator[HttpMessage]:
        """The stream ends here; so does a body whose length nobody told."""
        if self.state is _State.UNTIL_END:
            self.state = _State.BODY
            self.wanted = 0
            yield from self.feed(b"", self.packet, self.at)
        elif self.state is not _State.START:
            self.notice(f"packet {self.packet}: the recording ends inside an HTTP message")

    # ---- steps: each takes from the buffer what it can, and returns the message when it is complete

    def start(self) -> HttpMessage | None:
        found = _START.search(self.buffer)
        if found is None:
            del self.buffer[: max(len(self.buffer) - _MOST_START, 0)]
            return None
        self.message = HttpMessage(int(found["status"] or 0), {})
        del self.buffer[: found.start()]
        self.state, self.looked_at = _State.HEAD, 0
        return None

    def head(self) -> HttpMessage | None:
        end = _HEAD_END.search(self.buffer, self.looked_at)
        if end is None:
            self.looked_at = max(len(self.buffer) - 3, 0)
            if len(self.buffer) > _MOST_HEAD:
                self.buffer.clear()  # it begins with a start line, which must not be found again
                self.lose("the head of an HTTP message has no end")
            return None
        self.message.headers = _headers(bytes(self.buffer[: end.start()]))
        del self.buffer[: end.end()]
        return self.framing()

    def framing(self) -> HttpMessage | None:
        message = self.message
        coding, length = message.header("transfer-encoding").lower(), message.header("content-length")
        if 100 <= message.status < 200 or message.status in _NO_BODY:
            return message
        if coding.endswith("chunked"):
            self.state = _State.CHUNK
        elif length.isascii() and length.isdigit() and len(length) < 16:
            self.state, self.wanted = _State.BODY, int(length)
        elif message.status:
            self.state = _State.UNTIL_END
        else:
            return message
        return None

    def body(self) -> HttpMessage | None:
        self.take()
        return self.message if not self.wanted else None

    def take(self) -> None:
        taken = bytes(self.buffer[: self.wanted])
        del self.buffer[: self.wanted]
        self.message.pieces.append(taken)
        self.wanted -= len(taken)

    def chunk(self) -> HttpMessage | None:
        found = _CHUNK.match(self.buffer)
        if found is None:
            if len(self.buffer) > 1000 or b"\n" in self.buffer:
                self.lose("a chunk of an HTTP body has no length")
            return None
        self.wanted = int(found[1], 16)
        del self.buffer[: found.end()]
        self.state = _State.CHUNK_DATA if self.wanted else _State.TRAILER
        return None

    def chunk_data(self) -> HttpMessage | None:
        self.take()
        if not self.wanted and (end := re.match(rb"\r?\n", self.buffer)):
            del self.buffer[: end.end()]
            self.state = _State.CHUNK
        elif not self.wanted and len(self.buffer) > 1:
            self.lose("a chunk of an HTTP body is longer than it says")
        return None

    def trailer(self) -> HttpMessage | None:
        end = self.buffer.find(b"\n")
        if end < 0:
            if len(self.buffer) > _MOST_HEAD:
                self.lose("the trailer of an HTTP body has no end")
            return None
        line = bytes(self.buffer[: end + 1])
        del self.buffer[: end + 1]
        return None if line.strip() else self.message

    def until_end(self) -> HttpMessage | None:
        if self.buffer:
            self.wanted = len(self.buffer)
            self.take()
        return None

    def lose(self, what: str) -> None:
        self.notice(f"packet {self.packet}: {what}")
        self.state = _State.START


_STEPS: dict[_State, Callable[[HttpStream], HttpMessage | None]] = {
    _State.START: HttpStream.start,
    _State.HEAD: HttpStream.head,
    _State.BODY: HttpStream.body,
    _State.CHUNK: HttpStream.chunk,
    _State.CHUNK_DATA: HttpStream.chunk_data,
    _State.TRAILER: HttpStream.trailer,
    _State.UNTIL_END: HttpStream.until_end,
}


def _headers(head: bytes) -> dict[str, str]:
    """By name in small letters; the last of a name counts. A line that begins with a blank goes on with the one before."""
    lines = re.sub(r"\r?\n[ \t]+", " ", head.decode("latin-1")).splitlines()
    pairs = (line.partition(":") for line in lines[1:])
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
