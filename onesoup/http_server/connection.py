"""One HTTP connection: reads requests, sends answers. Limits the time and the rate at which a client can send.

Each read waits for the event loop first: a peer that never stops sending gets one read per turn of the loop, like all others.
Deadlines are absolute, however often bytes arrive."""

import socket
import time
from contextlib import suppress
from dataclasses import dataclass

import gevent
from gevent import get_hub
from gevent.socket import wait

from onesoup.http_server.requests import BadRequest, Request, RequestParser
from onesoup.runtime.pace import Pace
from onesoup.runtime.turns import give_way

HTTP_READ_BYTES = 16 * 1024
_READ = 1  # what a watcher of the loop waits for
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
# Most bytes of a body that are read after its answer, to find the next request. With more the connection ends.
MAX_LEFT = 256 * 1024
# Seconds of a rate limit that may be used up at once.
BURST_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Limits of one connection. `request_seconds`: from the first byte of a request to its last, and the same for its answer.
    `idle_seconds`: between requests; None where the server checks that. `requests`, `bytes`: per second."""

    request_seconds: float = 30.0
    idle_seconds: float | None = 75.0
    requests: float = 100.0
    bytes: float = 256 * 1024.0


class Gone(OSError):
    """The client has closed the connection, or does not read."""


class BadBody(OSError):
    """The body ends too early or has wrong framing. The connection ends after the answer."""


class HttpConnection:
    """`sock` is a gevent socket. `paced` is False for a trusted proxy, which carries many clients.

    A proxy may make any number of requests, one after the other. Pipelined requests are limited there too: no proxy sends
    them."""

    __slots__ = (
        "_answer_by",
        "_deadline",
        "_expects",
        "_limits",
        "_over",
        "_pace",
        "_raw",
        "_readable",
        "_requests",
        "parser",
        "sock",
    )

    def __init__(self, sock: socket.socket, limits: HttpLimits, paced: bool = True) -> None:
        self.sock = sock
        self._raw: socket.socket = sock._sock  # type: ignore[attr-defined]  # the system's own, which never waits
        self._readable = get_hub().loop.io(sock.fileno(), _READ)
        self.parser, self._limits = RequestParser(), limits
        self._pace = Pace(limits.bytes, BURST_SECONDS * limits.bytes) if paced else None
        self._requests = Pace(limits.requests, BURST_SECONDS * limits.requests)
        self._deadline: float | None = None  # of the request that is being read
        self._answer_by: float | None = None
        self._expects = self._over = False

    def next(self) -> Request | None:
        """The next request's head; None at the end of the connection. Raises BadRequest, and OSError after the deadline."""
        parser = self.parser
        self._deadline = self._answer_by = None
        waited = False
        while parser.idle or (request := parser.request()) is None:
            data = self._receive()
            if not data:
                parser.end()
                return None
            waited = True
            parser.feed(data)
        if not waited:  # it came along with the one before: others get their turn
            give_way(self._requests.spend(1, time.monotonic()))
        elif self._pace is not None and (pause := self._requests.spend(1, time.monotonic())):
            gevent.sleep(pause)
        self._expects = request.expects
        return request

    def body(self, most: int) -> bytes:
        """The next bytes of the body, at most `most`; b"" at its end. Raises BadBody."""
        parser = self.parser
        try:
            while (data := parser.body(most)) is None:
                if self._expects:
                    self._expects = False
                    self.send(_CONTINUE)
                more = self._receive()
                if not more:
                    parser.end()
                parser.feed(more)
        except BadRequest as error:
            raise BadBody(str(error)) from None
        except OSError:
            self._over = True
            raise
        self._expects = False  # it has not waited
        return data

    def whole_body(self, most: int) -> bytes | None:
        """The whole body; None when it is longer than `most`."""
        found = []
        left = most
        while data := self.body(left + 1):
            left -= len(data)
            if left < 0:
                return None
            found.append(data)
        return b"".join(found)

    def skip_body(self) -> bool:
        """Reads over the rest of the body. False when it is too long: then the connection has to end."""
        if self.parser.done:
            return True
        if not self.can_go_on:
            return False
        left = MAX_LEFT
        try:
            while left > 0 and (data := self.body(HTTP_READ_BYTES)):
                left -= len(data)
        except OSError:
            return False
        return left > 0

    @property
    def can_go_on(self) -> bool:
        """Whether another request may follow, as far as is known before the rest of the body is read."""
        return not (self.parser.broken or self._expects or self._over)

    def send(self, data: bytes) -> None:
        """Sends everything, or raises Gone."""
        try:
            sent = self._raw.send(data)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            raise Gone(error.errno, "closed") from None
        if sent < len(data):
            self._send_slowly(data[sent:])

    def begin_piece(self) -> None:
        """What is sent from now on has the time of a whole answer: for answers that go on, as a stream of events does."""
        self._answer_by = None

    def close(self) -> None:
        """Closes the connection after reading what has arrived: closing with unread bytes would reset it and lose the answer."""
        self._readable.close()
        with suppress(OSError):
            self._raw.recv(4 * HTTP_READ_BYTES)
        self.sock.close()

    def end_input(self) -> None:
        """Ends the connection as if the client had closed it. What has arrived is still read and answered."""
        try:
            self._raw.shutdown(socket.SHUT_RD)  # not gevent's own, which would wake the reader with an error
        except OSError:
            return  # it is over already

    def _receive(self) -> bytes:
        """Received bytes; b"" at the end. TimeoutError after the deadline."""
        timeout = self._limits.idle_seconds
        if not self.parser.idle:
            now = time.monotonic()
            if self._deadline is None:
                self._deadline = now + self._limits.request_seconds
            timeout = self._deadline - now
            if timeout <= 0:
                raise TimeoutError("request takes too long")
        if timeout is None:
            get_hub().wait(self._readable)
        else:
            wait(self._readable, timeout, TimeoutError("too slow"))
        try:
            data = self._raw.recv(HTTP_READ_BYTES)
        except BlockingIOError:
            return self._receive()
        if self._pace is not None and (pause := self._pace.spend(len(data), time.monotonic())):
            gevent.sleep(pause)
        return data

    def _send_slowly(self, data: bytes) -> None:
        """Sends what the client's window did not accept at once, within the time of the whole answer."""
        now = time.monotonic()
        if self._answer_by is None:
            self._answer_by = now + self._limits.request_seconds
        self.sock.settimeout(max(self._answer_by - now, 0.001))
        try:
            self.sock.sendall(data)
        except OSError as error:
            raise Gone(error.errno, "does not read") from None
