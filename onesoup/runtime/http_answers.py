"""Answers of HTTP servers that cannot be trusted, for http.client and urllib3: a `response_class` for their connections.

http.client reads interim answers and trailers without end, and gevent takes up no other greenlet while a socket has more to read:
a server that never stops sending would stop the whole process, and no deadline would be seen."""

import http.client
import io
import math
import socket
from typing import Any

from onesoup.runtime.turns import give_way


class FairHttpResponse(http.client.HTTPResponse):
    """Gives other greenlets their turn with each read. OSError when the answer, its head and trailers included, is longer than
    `max_bytes`."""

    max_bytes: float = math.inf

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_FairReader(sock, self.max_bytes))


class _FairReader(io.RawIOBase):
    def __init__(self, sock: socket.socket, max_bytes: float) -> None:
        # It keeps the socket open until the answer is read, also where the connection lets go of it before.
        self._raw = sock.makefile("rb", buffering=0)
        self._left = max_bytes

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        give_way()
        if self._left <= 0:
            raise OSError("the answer is too long")
        count = self._raw.readinto(buffer) or 0
        self._left -= count
        return int(count)

    def close(self) -> None:
        self._raw.close()
        super().close()
