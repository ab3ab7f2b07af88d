"""The STCP line protocol, server side (cir.md 3.1 to 3.3). Bytes in, actions out; no sockets, no clock."""

from dataclasses import dataclass, field
from enum import Enum, auto

MAX_LINE_BYTES = 512
MAX_UNKNOWN_LINES = 5
OK_LINE = b"OK\r\n"


class StcpAction(Enum):
    BIND = auto()  # HELO with an id: look the session up, then OK or close
    OK = auto()
    CLOSE = auto()


@dataclass(slots=True)
class StcpConversation:
    """One connection. `feed` takes what was read and returns what to do, in order."""

    bound: str = ""
    greeted: bool = False
    unknown: int = 0
    _rest: bytes = field(default=b"", repr=False)

    def feed(self, data: bytes) -> list[tuple[StcpAction, str]]:
        """Complete lines become actions; CR LF, LF and CR all end a line. A line beyond MAX_LINE_BYTES closes."""
        self._rest += data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *lines, self._rest = self._rest.split(b"\n")
        actions = []
        for line in lines:
            action = self._line(line)
            if action is not None:
                actions.append(action)
        if len(self._rest) > MAX_LINE_BYTES:
            actions.append((StcpAction.CLOSE, "line too long"))
        return actions

    def _line(self, line: bytes) -> tuple[StcpAction, str] | None:
        if len(line) > MAX_LINE_BYTES:
            return StcpAction.CLOSE, "line too long"
        word, _, rest = line.strip().partition(b" ")
        if not word:
            return None
        verb, sid = word.upper(), rest.strip().decode("ascii", "replace")
        if verb == b"HELO" and sid:
            if sid == self.bound:
                return StcpAction.OK, ""
            self.greeted = True
            return StcpAction.BIND, sid
        # What comes in one piece with HELO is read before that is bound; a HELO that fails closes the line anyway.
        if not (self.bound or self.greeted):
            return StcpAction.CLOSE, "no HELO first"
        if verb != b"PING":
            # Another server answers OK to anything; a few odd lines are forgiven.
            self.unknown += 1
            if self.unknown > MAX_UNKNOWN_LINES:
                return StcpAction.CLOSE, "too many unknown lines"
        return StcpAction.OK, ""


def wvci_line(version: str, cookie: str) -> bytes:
    """The wake-up line. The cookie goes back exactly as it came."""
    return f"WVCI {version} {cookie}\r\n".encode()
