"""HTTP connections of a crowd, shared among its phones as a carrier's WAP gateway shares them. Knows no CSP.

Sockets are not blocking and answer to the event loop itself: one greenlet a request would cost as much as the rest of it."""

import errno
import os
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import cycle
from urllib.parse import urlsplit

import gevent
from gevent import monkey

# Sockets as the system has them: gevent's would switch greenlets where they cannot go on.
plain_socket: type[socket.socket] = monkey.get_original("socket", "socket")

READ, WRITE = 1, 2
# What a phone waits for an answer (docs/protocol/flows.md 1.3), and how often S60 sends the same bytes when a connection breaks.
CROWD_ANSWER_SECONDS, CROWD_RESENDS = 45.0, 3
MAX_IDLE_CONNECTIONS = 64
_CHUNK_BYTES = 65536
# setsockopt of Linux: the port of a bound source address is chosen on connecting, so that addresses do not run out of ports.
_BIND_ADDRESS_NO_PORT = 24

# HTTP status (0 where none came), body.
Finished = Callable[[int, bytes], None]


class HttpExchange:
    """One request until it has its answer."""

    __slots__ = ("deadline", "finished", "left", "octets")

    def __init__(self, octets: bytes, finished: Finished) -> None:
        self.octets, self.finished = octets, finished
        self.left, self.deadline = CROWD_RESENDS, time.monotonic() + CROWD_ANSWER_SECONDS


def connecting_socket(source: str, to: tuple[str, int]) -> socket.socket:
    """A socket that connects. OSError when that fails at once."""
    link = plain_socket(socket.AF_INET, socket.SOCK_STREAM)
    link.setblocking(False)
    try:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link.setsockopt(socket.IPPROTO_IP, _BIND_ADDRESS_NO_PORT, 1)
        link.bind((source, 0))
        code = link.connect_ex(to)
        if code not in (0, errno.EINPROGRESS):
            raise OSError(code, os.strerror(code))
    except BaseException:
        link.close()
        raise
    return link


def received(link: socket.socket, most: int) -> bytes | None:
    """What has come on a socket: None for nothing yet, b"" at its end or when it is broken."""
    try:
        return link.recv(most)
    except BlockingIOError:
        return None
    except OSError:
        return b""


class _Connection:
    __slots__ = ("_buffer", "_link", "_pool", "_unsent", "_watcher", "exchange")

    def __init__(self, pool: "HttpPool", source: str, exchange: HttpExchange) -> None:
        self._pool, self._buffer, self._unsent = pool, b"", exchange.octets
        self.exchange: HttpExchange | None = exchange
        self._link = connecting_socket(source, pool.to)
        self._watch(WRITE)

    def _watch(self, events: int) -> None:
        self._watcher = gevent.get_hub().loop.io(self._link.fileno(), events)
        self._watcher.start(self._write if events == WRITE else self._read)

    def send(self, exchange: HttpExchange) -> None:
        self.exchange, self._unsent = exchange, exchange.octets
        try:
            sent = self._link.send(self._unsent)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._pool.broken(self)
            return
        self._unsent = self._unsent[sent:]
        if self._unsent:
            self._rewatch(WRITE)

    def _rewatch(self, events: int) -> None:
        self._watcher.stop()
        self._watcher.close()
        self._watch(events)

    def _write(self) -> None:
        try:
            self._unsent = self._unsent[self._link.send(self._unsent) :]
        except BlockingIOError:
            return
        except OSError:
            self._pool.broken(self)
            return
        if not self._unsent:
            self._rewatch(READ)

    def _read(self) -> None:
        data = received(self._link, _CHUNK_BYTES)
        if data is None:
            return
        if not data:
            self._pool.broken(self)
            return
        data = self._buffer = self._buffer + data if self._buffer else data
        head = data.find(b"\r\n\r\n")
        if head >= 0:
            self._headed(data, head + 4)

    def _headed(self, data: bytes, body_at: int) -> None:
        """The head of an answer is there."""
        head = data[:body_at].lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 : head.find(b"\r", at)]) if at >= 0 else 0
        if len(data) - body_at < length:
            return
        self._buffer = b""
        keeps = b"\r\nconnection: close" not in head
        self._pool.answered(self, int(data[9:12]), data[body_at : body_at + length], keeps)

    def close(self) -> None:
        self._watcher.stop()
        self._watcher.close()
        self._link.close()


class HttpPool:
    """Posts bodies to one URL."""

    def __init__(self, url: str, sources: Iterable[str], most: int) -> None:
        """`sources` are the addresses of our end, by turns; `most` connections at the same time."""
        parts = urlsplit(url)
        self.to = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._head = f"POST {parts.path or '/'} HTTP/1.1\r\nHost: {parts.netloc}\r\n".encode()
        self._sources, self._most = cycle(sources), most
        self._idle: deque[_Connection] = deque()
        self._busy: set[_Connection] = set()
        self._waiting: deque[HttpExchange] = deque()

    @property
    def open(self) -> int:
        return len(self._idle) + len(self._busy)

    def post(self, headers: bytes, body: bytes, finished: Finished) -> None:
        """`headers` are whole lines. `finished` is called once, in the event loop or at once."""
        octets = b"%b%bContent-Length: %d\r\n\r\n%b" % (self._head, headers, len(body), body)
        self._start(HttpExchange(octets, finished))

    def _start(self, exchange: HttpExchange) -> None:
        if self._idle:
            connection = self._idle.popleft()
            self._busy.add(connection)
            connection.send(exchange)
        elif len(self._busy) < self._most:
            self._connect(exchange)
        else:
            self._waiting.append(exchange)

    def _connect(self, exchange: HttpExchange) -> None:
        try:
            self._busy.add(_Connection(self, next(self._sources), exchange))
        except OSError:
            self._again(exchange)

    def answered(self, connection: _Connection, status: int, body: bytes, keeps: bool) -> None:
        exchange, connection.exchange = connection.exchange, None
        self._busy.discard(connection)
        if keeps and len(self._idle) < MAX_IDLE_CONNECTIONS:
            self._idle.append(connection)
        else:
            connection.close()
        if self._waiting:
            self._start(self._waiting.popleft())
        if exchange is not None:
            exchange.finished(status, body)

    def broken(self, connection: _Connection) -> None:
        exchange, connection.exchange = connection.exchange, None
        self._busy.discard(connection)
        with suppress(ValueError):
            self._idle.remove(connection)
        connection.close()
        if exchange is not None:
            self._again(exchange)
        if self._waiting and len(self._busy) < self._most:
            self._start(self._waiting.popleft())

    def _again(self, exchange: HttpExchange) -> None:
        """The same bytes, on another connection."""
        exchange.left -= 1
        if exchange.left < 0:
            exchange.finished(0, b"")
        else:
            self._connect(exchange)

    def sweep(self, now: float) -> None:
        """Gives up what was not answered in time. To be called now and then."""
        for connection in [each for each in self._busy if each.exchange is not None and each.exchange.deadline < now]:
            exchange, connection.exchange = connection.exchange, None
            self.broken(connection)
            if exchange is not None:
                exchange.finished(0, b"")
        while self._waiting and self._waiting[0].deadline < now:
            self._waiting.popleft().finished(0, b"")

    def close(self) -> None:
        for connection in [*self._idle, *self._busy]:
            connection.close()
        self._idle.clear()
        self._busy.clear()
