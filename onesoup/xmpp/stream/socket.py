"""A connected socket, in clear or under TLS. What is written leaves without waiting as far as it can; what came in is taken
from the kernel at once, however many TLS records it is. Knows no XML.

Python's own TLS sockets ask the kernel twice for each record, and once more to hear that there is none. With a stanza to a
record that was a good part of what a stanza costs, and with six records to a handshake of what a log-in does.
"""

import errno
import socket as plain
import ssl
import time
from collections.abc import Callable
from contextlib import suppress

import gevent
from gevent import get_hub
from gevent.socket import socket

from onesoup.runtime.pace import Pace

READ_CHUNK_BYTES = 16 * 1024
# TLS is given so much at a time: the memory between the kernel and OpenSSL grows to the largest piece and never shrinks. With a
# whole certificate, or a roster, in one piece a stream at rest would take 5 KB more.
TLS_PIECE_BYTES = 1024
# The budget of a stream: bytes a second, and at once. A log-in with a long roster fits into what may come at once.
READ_BYTES_A_SECOND, READ_BURST_BYTES = 256 * 1024, 4 * 1024 * 1024
LOOP_READ, LOOP_WRITE = 1, 2  # what a watcher of the loop waits for
# Of a socket that has nothing to give, or no room.
_LATER = (BlockingIOError, InterruptedError)
_CLOSED = OSError(errno.EBADF, "closed")


class StreamSocket:
    """Any greenlet may `offer`; one at a time reads, one waits for room. What the system raises is an OSError."""

    __slots__ = (
        "_come",
        "_in",
        "_out",
        "_over",
        "_owed",
        "_pace",
        "_readable",
        "_rest",
        "_sock",
        "_tls",
        "_wake",
        "_whole",
        "_writable",
    )

    def __init__(self, sock: socket) -> None:
        self._whole = sock
        self._sock: plain.socket = sock._sock  # the system's own, which never waits
        self._readable, self._writable = get_hub().loop.io(sock.fileno(), LOOP_READ), None
        self._wake: Callable[[], object] | None = None  # who waits for octets without a greenlet
        self._come = False  # there are some
        self._rest = b""
        self._owed = 0.0  # seconds to wait before the next read
        self._pace = Pace(READ_BYTES_A_SECOND, READ_BURST_BYTES)
        self._over = False  # the other end of TLS has said that this is all
        self._tls: ssl.SSLObject | None = None
        self._in: ssl.MemoryBIO
        self._out: ssl.MemoryBIO

    # What it is.

    @property
    def waiting(self) -> int:
        """Octets that were offered and have not left."""
        return len(self._rest)

    @property
    def place(self) -> tuple[str, int]:
        """Address and port of the other end."""
        found: tuple[str, int] = self._sock.getpeername()[:2]
        return found

    @property
    def tls(self) -> ssl.SSLObject | None:
        """What is known of the encryption, None in clear text."""
        return self._tls

    def hurry(self) -> None:
        """The kernel acknowledges at once for a while."""
        self._sock.setsockopt(plain.IPPROTO_TCP, plain.TCP_QUICKACK, 1)

    # What goes out.

    def offer(self, data: bytes) -> bool:
        """Whether all has left. The rest is kept and leaves before the next data. Never waits."""
        if self._tls is not None and data:
            self._tls.write(data)
            data = self._out.read()
        if self._rest:
            data, self._rest = self._rest + data, b""
        if not data:
            return True
        try:
            sent = self._sock.send(data)
        except _LATER:
            sent = 0
        if sent < len(data):
            self._rest = data[sent:]
            return False
        return True

    def push(self) -> None:
        """Waits until all that was offered has left."""
        if self.offer(b""):
            return
        self._writable = writable = get_hub().loop.io(self._sock.fileno(), LOOP_WRITE)
        try:
            while not self.offer(b""):
                get_hub().wait(writable)
        finally:
            self._writable = None
            writable.close()

    # What comes in.

    def call_when_readable(self, wake: Callable[[], object]) -> None:
        """Calls `wake` once from the event loop, when there is something to `receive` or the socket was closed. Nobody else waits
        for octets meanwhile."""
        if self._over:
            get_hub().loop.run_callback(wake)
            return
        self._wake = wake
        self._readable.start(self._now_readable)

    def _now_readable(self) -> None:
        self._readable.stop()
        wake, self._wake, self._come = self._wake, None, True
        if wake is not None:
            wake()

    def receive(self) -> bytes:
        """What has come, at least one octet of it; b"" at the end."""
        tls = self._tls
        if tls is None:
            return self._taken()
        found = self._decrypted(tls, b"")
        while not found and not self._over:
            data = self._taken()
            if not data:
                break
            found = self._decrypted(tls, data)
        return found

    def _decrypted(self, tls: ssl.SSLObject, octets: bytes) -> bytes:
        """What is in the octets of the kernel; a part of a record waits for the rest."""
        found: list[bytes] = []
        for at in range(0, len(octets) or 1, TLS_PIECE_BYTES):
            self._in.write(octets[at : at + TLS_PIECE_BYTES])
            self._read_records(tls, found)
        if self._out.pending:  # what the protocol itself answers
            self._rest += self._out.read()
            self.offer(b"")
        return found[0] if len(found) == 1 else b"".join(found)

    def _read_records(self, tls: ssl.SSLObject, found: list[bytes]) -> None:
        try:
            while self._in.pending or tls.pending():
                data = tls.read(READ_CHUNK_BYTES)
                if not data:
                    self._over = True
                    break
                found.append(data)
        except ssl.SSLWantReadError:
            pass

    def _taken(self) -> bytes:
        """The next octets of the kernel. Nearly always there are none yet, so it does not look before it waits. A peer that never
        stops leaves others their turn between two reads; one that has used up its budget waits."""
        if self._owed:
            gevent.sleep(self._owed)
            if self._whole.fileno() < 0:  # somebody has closed it, and the watcher with it
                raise _CLOSED
        while True:
            if not self._come:
                get_hub().wait(self._readable)
            self._come = False
            try:
                data = self._sock.recv(READ_CHUNK_BYTES)
            except _LATER:
                continue
            self._owed = self._pace.spend(len(data), time.monotonic())
            return data

    # Its beginning and its end.

    def secure(self, context: ssl.SSLContext, name: str) -> None:
        """Handshakes: what comes from here on is from a peer with a certificate for this name. Raises what ssl raises."""
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(self._in, self._out, server_hostname=name)
        data = b""
        while True:
            try:
                tls.do_handshake()
            except ssl.SSLWantReadError:
                self._say()
            except ssl.SSLError:
                with suppress(OSError):
                    self._say()  # why
                raise
            else:
                break
            data = data or self._taken()
            if not data:
                raise ssl.SSLEOFError(ssl.SSL_ERROR_EOF, "closed during the handshake")
            self._in.write(data[:TLS_PIECE_BYTES])
            data = data[TLS_PIECE_BYTES:]
        self._in.write(data)  # what came behind it
        self._say()
        self._tls = tls

    def _say(self) -> None:
        if self._out.pending:
            self._rest += self._out.read()
            self.push()

    def close(self) -> None:
        """At once. A greenlet that waits in here gets an OSError."""
        if self._wake is not None:
            self._readable.stop()
            get_hub().loop.run_callback(self._wake)
            self._wake = None
        for watcher in (self._readable, self._writable):
            get_hub().cancel_wait(watcher, _CLOSED, True)
        self._whole.close()
