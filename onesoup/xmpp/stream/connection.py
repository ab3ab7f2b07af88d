"""One connection: octets out under a lock, parser events in. Knows no stanza."""

from collections.abc import Callable
from contextlib import suppress

import gevent
from gevent import get_hub
from gevent.lock import Semaphore
from gevent.socket import socket
from xmpp.simplexml import Node

from onesoup.xmpp.stream import errors, sasl
from onesoup.xmpp.stream.errors import StreamFailure
from onesoup.xmpp.stream.events import StreamEvent
from onesoup.xmpp.stream.parser import KnownElement, Parser
from onesoup.xmpp.stream.socket import StreamSocket
from onesoup.xmpp.stream.tls import Tls, end_point

# A peer that takes nothing for this time is cut off: it holds up every sender.
STALLED_SEND_SECONDS = 10.0
# With more than this to write in one turn of the loop, the sender waits for the peer.
MAX_BUFFERED_BYTES = 64 * 1024
# ValueError: of a socket that another greenlet has closed in the moment in which this one is woken.
_GONE = (OSError, ValueError)


class Wire:
    """Any greenlet may send; one reads. Closed once, by anybody: the others get a StreamFailure."""

    __slots__ = ("_later", "_link", "_lock", "_parser", "_size", "_words", "failure", "pending", "secure")

    def __init__(self, sock: socket) -> None:
        self._link: StreamSocket | None = StreamSocket(sock)
        self._parser: Parser | None = None  # until a document begins
        self._lock = Semaphore(1)
        self._later: list[bytes] = []  # what goes out before anything else
        self._size = 0
        self.pending: list[StreamEvent] = []
        self._words: list[bytes] | None = None  # what came in, where somebody wants to have it word for word
        self.failure: StreamFailure | None = None  # why it was closed
        self.secure = False

    @property
    def open(self) -> bool:
        return self._link is not None

    @property
    def place(self) -> tuple[str, int]:
        """Address and port of the other end."""
        try:
            return self._linked().place
        except _GONE as error:
            raise self._reset(error) from None

    @property
    def lock(self) -> Semaphore:
        """Its holder may `put`; no other greenlet writes while it is held."""
        return self._lock

    @property
    def free(self) -> bool:
        """The lock is free, and not much waits: a greenlet that does not yield may `put` as if it held the lock."""
        return self._size < MAX_BUFFERED_BYTES and not self._lock.locked()

    def start_tls(self, tls: Tls, domain: str, direct: bool = False) -> None:
        """From here on all is encrypted. What came in before the handshake is not of the peer we now know."""
        if self.pending:
            raise StreamFailure(errors.FAILURE_TLS, "handshake", "clear text after proceed")
        tls.secure(self._linked(), domain, direct)
        self.secure = True

    def bindings(self) -> dict[str, Callable[[], bytes]]:
        """What can tie a log-in to this connection: channel binding -> its data."""
        tls = self._linked().tls
        if tls is None:
            return {}
        found: dict[str, Callable[[], bytes]] = {sasl.TLS_SERVER_END_POINT: lambda: end_point(tls.getpeercert(True) or b"")}
        if tls.version() == "TLSv1.2":  # TLS 1.3 has no such thing, although the library returns data
            found[sasl.TLS_UNIQUE] = lambda: tls.get_channel_binding(sasl.TLS_UNIQUE) or b""
        return found

    def restart(self, ready: tuple[KnownElement, ...] = ()) -> None:
        """A new document begins (RFC 6120 section 4.3.3). `ready`: as of the parser; without it the words are kept."""
        if self._parser is not None:
            self._parser.close()
        self._parser = Parser(ready=ready)
        self._words = None if ready else []

    def expect(self, ready: tuple[KnownElement, ...]) -> None:
        """As `restart`, in the document that has begun."""
        if self._parser is not None:
            self._parser.ready = ready
        self._words = None if ready else []

    def take_apart(self, of: Callable[[Node], bool] | None, take: Callable[[Node], None]) -> None:
        """As of the parser."""
        if self._parser is not None:
            self._parser.take_apart(of, take)

    def words(self) -> bytes:
        """All since the document began, if they are kept; from here on they are not."""
        words, self._words = self._words, None
        return b"".join(words or ())

    def hurry(self) -> None:
        """Acknowledges at once for a while.

        After a handshake the server's next words wait (Nagle) until we acknowledge its TLS session tickets, which our
        kernel likes to delay by 40 ms: that was most of the time of a log-in.
        """
        self._linked().hurry()

    def put(self, data: bytes) -> None:
        """It goes out when this turn of the loop is over, in one write with everything else from this turn: TLS and the kernel
        take as long for one stanza as for ten. Only while no other greenlet has the lock. What cannot go out ends the
        connection, and `receive` tells."""
        if not self._later:
            get_hub().loop.run_callback(self._flush)
        self._later.append(data)
        self._size += len(data)

    def drain(self) -> None:
        """Writes when much waits. For a holder of the lock."""
        if self._size >= MAX_BUFFERED_BYTES:
            self._write(b"")

    def _flush(self) -> None:
        """Runs in the hub, so it never waits: what the peer does not take at once is left to a greenlet."""
        link = self._link
        if not self._later or link is None:
            return
        data = b"".join(self._later)
        self._later = []
        try:
            if not link.offer(data):
                gevent.spawn(self._push)
        except _GONE as error:
            self.close(self._reset(error))
        self._size = link.waiting

    def _push(self) -> None:
        with suppress(StreamFailure):  # `receive` tells
            self.send(b"")

    def send(self, data: bytes) -> None:
        """All of it, and what was put before, or StreamFailure, and then the connection is closed: half a stanza may be out."""
        with self._lock:
            self._write(data)

    def _write(self, data: bytes) -> None:
        """A peer that takes nothing for too long is cut off, and greenlets that wait for the lock are told."""
        link = self._linked()
        if self._later:
            data = b"".join([*self._later, data])
            self._later = []
        self._size = 0
        try:
            if not link.offer(data):  # nearly always all of it goes, and no clock has to be set
                with gevent.Timeout(STALLED_SEND_SECONDS, StreamFailure(errors.FAILURE_TIMEOUT, "stalled")):
                    link.push()
        except _GONE as error:
            failure = self._reset(error)
            self.close(failure)
            raise failure from None
        except StreamFailure as failure:
            self.close(failure)
            raise
        except BaseException:  # somebody's time is over, or the greenlet is killed: half a stanza may be out
            self.close(StreamFailure(errors.FAILURE_TIMEOUT, "stalled"))
            raise

    def call_when_readable(self, wake: Callable[[], object]) -> None:
        """Calls `wake` once from the event loop, when there is something to `receive`, be it the end."""
        link = self._linked()
        if self.pending:
            get_hub().loop.run_callback(wake)
        else:
            link.call_when_readable(wake)

    def receive(self) -> list[StreamEvent]:
        """What the next octets complete; maybe nothing. Raises StreamFailure at the end."""
        if self.pending:
            events, self.pending = self.pending, []
            return events
        try:
            data = self._linked().receive()
        except _GONE as error:
            raise self._reset(error) from None
        if not data:
            raise self.failure or StreamFailure(errors.FAILURE_CLOSED, "eof")
        if self._words is not None:
            self._words.append(data)
        return self._parser.feed(data) if self._parser is not None else []

    def close(self, failure: StreamFailure | None = None) -> None:
        """At once. Greenlets that wait in here get `failure`, or what closed it before."""
        self.failure = self.failure or failure or StreamFailure(errors.FAILURE_CLOSED, "local")
        link, self._link = self._link, None
        if link is not None:
            link.close()
            if self._parser is not None:
                self._parser.close()
            self._later = []

    def _linked(self) -> StreamSocket:
        if self._link is None:
            raise self.failure or StreamFailure(errors.FAILURE_CLOSED, "local")
        return self._link

    def _reset(self, error: OSError | ValueError) -> StreamFailure:
        text = getattr(error, "strerror", None) or type(error).__name__
        return self.failure or StreamFailure(errors.FAILURE_CLOSED, "reset", text)
