"""The bound lines of one CIR process, by session. No Redis, no clock."""

from collections.abc import Sequence

import gevent
from prometheus_client import Gauge

from cir.stcp.connection import StcpConnection

BOUND_LINES = Gauge("onesoup_cir_connections", "STCP lines that are bound to a session")

MAX_LINES_PER_SESSION = 2
ANY_ADDRESS = "*"


class LineTable:
    """SessionID -> its lines here. A new line of the same address replaces the old one; lines of two addresses are both kept, and
    both are woken (cir.md 3.5)."""

    def __init__(self) -> None:
        self._lines: dict[str, list[StcpConnection]] = {}

    def __contains__(self, sid: str) -> bool:
        return sid in self._lines

    def __len__(self) -> int:
        return len(self._lines)

    def of(self, sid: str) -> Sequence[StcpConnection]:
        return self._lines.get(sid, ())

    def sids(self) -> list[str]:
        return list(self._lines)

    def all(self) -> list[StcpConnection]:
        return [line for lines in self._lines.values() for line in lines]

    def add(self, line: StcpConnection) -> None:
        """Lists a line under the session that it is bound to."""
        self._make_room(line.talk.bound, line.address)
        self._lines.setdefault(line.talk.bound, []).append(line)
        BOUND_LINES.inc()

    def remove(self, line: StcpConnection) -> str:
        """Unlists a line. Returns the session that has no line here any more by that, or ""."""
        sid = line.talk.bound
        lines = self._lines.get(sid)
        if not sid or lines is None or line not in lines:
            return ""
        lines.remove(line)
        BOUND_LINES.dec()
        line.talk.bound = ""
        return self._drop_if_empty(sid)

    def close_address(self, sid: str, address: str) -> str:
        """Closes the lines of an address, since the phone has one at another process. Returns as remove()."""
        if sid not in self._lines:
            return ""
        self._make_room(sid, address)
        return self._drop_if_empty(sid)

    def _drop_if_empty(self, sid: str) -> str:
        if self._lines[sid]:
            return ""
        del self._lines[sid]
        return sid

    def _make_room(self, sid: str, address: str) -> None:
        """Closes the lines of an address (ANY_ADDRESS: all), and then the longest idle until there is room for one more."""
        others = self._lines.get(sid, [])
        stale = [each for each in others if address in (each.address, ANY_ADDRESS)]
        kept = sorted((each for each in others if each not in stale), key=lambda each: each.heard)
        stale += kept[: max(0, len(kept) - MAX_LINES_PER_SESSION + 1)]
        for each in stale:
            others.remove(each)
            BOUND_LINES.dec()
            each.talk.bound = ""
            gevent.spawn(each.hang_up)
