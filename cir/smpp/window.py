"""Limits the messages in flight to an SMSC (cir.md 12.7): fewer when it throttles us, then slowly more again. No clock, no
socket."""

from types import TracebackType

from gevent.event import Event


class SubmitWindow:
    """A context manager for each message: waits while the window is full."""

    def __init__(self, most: int) -> None:
        self.most = self.limit = most
        self.used = self._good = 0
        self._room = Event()

    def __enter__(self) -> None:
        while self.used >= self.limit:
            self._room.clear()
            self._room.wait()
        self.used += 1

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.used -= 1
        self._room.set()

    def throttled(self) -> None:
        """The SMSC has had too many: halves the window, but never below one."""
        self.limit, self._good = max(min(self.limit, self.used) // 2, 1), 0

    def taken(self) -> None:
        """A message was taken. After as many as go at once, one more may."""
        self._good += 1
        if self.limit < self.most and self._good >= self.limit:
            self.limit, self._good = self.limit + 1, 0
            self._room.set()

    def reset(self) -> None:
        """A new connection begins anew."""
        self.limit, self._good = self.most, 0
        self._room.set()
