"""The line of one phone of a crowd: HELO, PING, WVCI. It dials again as Android does (docs/protocol/cir.md 3.4)."""

import socket
from collections.abc import Callable

import gevent

from onesoup.load.crowd.clock import CrowdClock
from onesoup.load.crowd.http_pool import READ, WRITE, connecting_socket, received

REDIAL_SECONDS = (3.0, 9.0, 27.0)
_CHUNK_BYTES = 512


class CrowdLine:
    """`open` dials until `close`. Both wake and OK call back from the event loop."""

    __slots__ = ("_clock", "_link", "_opened", "_sid", "_source", "_to", "_tries", "_watcher", "_woken", "answered", "dialled")

    def __init__(
        self,
        to: tuple[str, int],
        source: str,
        sid: bytes,
        clock: CrowdClock,
        woken: Callable[[bytes], None],
        opened: Callable[[], None],
    ) -> None:
        """`woken` is called with each WVCI line, `opened` for each OK to a HELO after the first."""
        self._to, self._source, self._sid, self._clock = to, source, sid, clock
        self._woken, self._opened = woken, opened
        self._link: socket.socket | None = None
        self._tries = self.dialled = 0
        # Whether the server has said OK on this connection.
        self.answered = False

    def open(self) -> None:
        self.dialled += 1
        try:
            self._link = connecting_socket(self._source, self._to)
        except OSError:
            self._later()
            return
        self._watch(WRITE)

    def ping(self) -> None:
        if self._link is not None and self.answered:
            self._send(b"PING\r\n")

    def close(self) -> None:
        """Nothing is dialled any more."""
        self._sid = b""
        self._drop()

    def _watch(self, events: int) -> None:
        assert self._link is not None
        self._watcher = gevent.get_hub().loop.io(self._link.fileno(), events)
        self._watcher.start(self._connected if events == WRITE else self._read)

    def _connected(self) -> None:
        self._watcher.stop()
        self._watcher.close()
        self._watch(READ)
        self._send(b"HELO %b\r\n" % self._sid)

    def _send(self, octets: bytes) -> None:
        assert self._link is not None
        try:
            self._link.send(octets)
        except OSError:
            self._broken()

    def _read(self) -> None:
        assert self._link is not None
        data = received(self._link, _CHUNK_BYTES)
        if data is None:
            return
        if not data:
            self._broken()
        elif data.startswith(b"OK") and not self.answered:
            self._accepted()
        if data.startswith(b"WVCI"):
            self._woken(data)

    def _accepted(self) -> None:
        self.answered, self._tries = True, 0
        if self.dialled > 1:
            self._opened()

    def _broken(self) -> None:
        self._drop()
        self._later()

    def _drop(self) -> None:
        link, self._link, self.answered = self._link, None, False
        if link is not None:
            self._watcher.stop()
            self._watcher.close()
            link.close()

    def _later(self) -> None:
        if self._sid:
            self._clock.after(REDIAL_SECONDS[self._tries % len(REDIAL_SECONDS)], self._redial)
            self._tries += 1

    def _redial(self) -> None:
        if self._sid and self._link is None:
            self.open()
