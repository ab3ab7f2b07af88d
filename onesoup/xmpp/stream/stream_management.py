"""XEP-0198 as values: what was received, what was sent and is not yet acknowledged. No I/O."""

from collections.abc import Iterable, Mapping
from typing import Any

# Both counters wrap (XEP-0198 section 4).
_WRAP = 1 << 32
MAX_UNACKED = 500
# How long the server should keep the session for us. It may shorten that.
RESUMPTION_SECONDS = 300

# A caller's name for a stanza, None when it needs no news of it, and the stanza.
Sent = tuple[Any, bytes]


class SmError(Exception):
    """The server acknowledged what was never sent."""


class StreamManagement:
    """The counters and the queue of one session, over all its connections. All three kinds of stanza count."""

    __slots__ = ("_acked", "_queue", "h_in", "id", "location", "max")

    def __init__(self, id: str = "", location: str = "", max: int = 0) -> None:
        self.id, self.location, self.max = id, location, max
        self.h_in = 0
        self._acked = 0  # the server's h
        self._queue: list[Sent] = []  # a deque takes 700 bytes more, and most are short

    @property
    def h_out(self) -> int:
        """How many stanzas were sent."""
        return (self._acked + len(self._queue)) % _WRAP

    def number(self, count: int) -> int:
        """The number that the last of `count` further stanzas gets."""
        return (self.h_out + count) % _WRAP

    @property
    def waiting(self) -> int:
        """How many of them the server did not acknowledge."""
        return len(self._queue)

    @property
    def full(self) -> bool:
        return len(self._queue) >= MAX_UNACKED

    @property
    def unacked(self) -> list[Sent]:
        return list(self._queue)

    @property
    def resumable(self) -> bool:
        return bool(self.id)

    def received(self, count: int) -> int:
        """Counts stanzas as handled. Returns the h that says so."""
        self.h_in = self.after(count)
        return self.h_in

    def after(self, count: int) -> int:
        """What h will be when `count` more stanzas are handled."""
        return (self.h_in + count) % _WRAP

    def sent(self, key: Any, data: bytes) -> None:
        self._queue.append((key, data))

    def acked(self, h: int) -> list[Any]:
        """The keys of the stanzas that this acknowledgement covers for the first time."""
        count = (h - self._acked) % _WRAP
        if count > len(self._queue):
            raise SmError(f"h is {h}, sent were {self.h_out}")
        return self._drop(h, count)

    def resumed(self, h: int) -> list[Any]:
        """As `acked`, when a session goes on. Our own knowledge may be older than the session's end: then h is right."""
        count = (h - self._acked) % _WRAP
        if count >= _WRAP // 2:  # the server knows less than it once acknowledged
            raise SmError(f"h fell back from {self._acked} to {h}")
        return self._drop(h, min(count, len(self._queue)))

    def _drop(self, h: int, count: int) -> list[Any]:
        self._acked = h
        taken = self._queue[:count]
        del self._queue[:count]
        return [key for key, _ in taken if key is not None]

    def export(self) -> dict[str, Any]:
        """All of it, as plain values. Stale `unacked` are harmless: the server's h sorts them out at the resumption."""
        return {
            "v": 1,
            "sm_id": self.id,
            "location": self.location,
            "max": self.max,
            "h_in": self.h_in,
            "unacked": [(self._acked + 1 + index, key, data) for index, (key, data) in enumerate(self._queue)],
            "acked": self._acked,
        }

    @classmethod
    def restore(cls, state: Mapping[str, Any]) -> "StreamManagement":
        """From `export`. Needed are sm_id and h_in only."""
        self = cls(state["sm_id"], state.get("location") or "", state.get("max") or 0)
        self.h_in = state.get("h_in", 0) % _WRAP
        self._acked = state.get("acked", 0) % _WRAP
        self._queue.extend((key, bytes(data)) for _, key, data in _in_order(state.get("unacked") or ()))
        return self


def covers(h: int, number: int) -> bool:
    """Whether an acknowledgement of h stanzas is one of this number. Both wrap."""
    return (h - number) % _WRAP < _WRAP // 2


def _in_order(unacked: Iterable[Any]) -> list[Any]:
    return sorted(unacked, key=lambda item: item[0])
