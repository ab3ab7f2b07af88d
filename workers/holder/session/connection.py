"""The XMPP stream of one session: connects, reads, sends, and connects again when the stream breaks.

The only owner of a Stream. Knows stream errors and when to try again; what stanzas mean is the listener's business."""

import random
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import gevent
import structlog
from gevent.lock import BoundedSemaphore
from prometheus_client import Counter
from xmpp.simplexml import Node

from onesoup.csp.status import StatusCode
from onesoup.observability.logs import short
from onesoup.runtime.ids import token
from onesoup.store.errors import Fenced, NoSession, StoreDown
from onesoup.xmpp import errors
from onesoup.xmpp.stream import Options, Stream, StreamFailure
from workers.holder.server_memory import ConnectPace
from workers.holder.session.interfaces import CommandStream, ReceivedStanzas, StreamListener
from workers.holder.session.state import SessionState

log = structlog.get_logger()

DISCONNECTS = Counter("onesoup_xmpp_disconnects_total", "Streams that ended by themselves", ["reason"])

STREAM_CONNECT_TIMEOUT_SECONDS = 7.0
# The wait before the first attempt to reconnect; before the second; and the longest.
RECONNECT_FIRST_SECONDS, RECONNECT_BACKOFF_SECONDS, RECONNECT_MAX_SECONDS = 0.1, 1.0, 30.0
# How long a new log-in of the phone waits for an attempt of its last session to connect.
ATTEMPT_SECONDS = 3.0
# Stream errors that say that we sent too much, and how long we stay away then; after so many in a row the session ends.
OVERLOAD_CONDITIONS = {"policy-violation", "resource-constraint"}
OVERLOAD_WAIT_SECONDS, MAX_OVERLOADS = 30.0, 3
# When a stream has lived for longer, its end is not counted together with the one before.
OVERLOAD_MEMORY_SECONDS = 600.0
_SIZE = re.compile("big|large|long|size", re.IGNORECASE)
# Stream errors over something that we wrote.
OUR_FAULT_CONDITIONS = {
    "not-well-formed",
    "invalid-xml",
    "bad-format",
    "restricted-xml",
    "bad-namespace-prefix",
    "invalid-namespace",
}
# After a resumption a server may send, for so long, what it does not know that we have.
REPEAT_SECONDS = 30.0


class SessionConnection(CommandStream):
    """The stream of one session. `connecting` limits how many
    streams of the holder are being connected at once; `pace` spreads the attempts at a server that was away."""

    def __init__(
        self,
        state: SessionState,
        password: str,
        listener: StreamListener,
        *,
        options: Options,
        connecting: BoundedSemaphore,
        pace: ConnectPace,
    ) -> None:
        self._state, self._password, self._listener = state, password, listener
        self._options, self._connecting, self._pace = options, connecting, pace
        self._stream: Stream | None = None
        self._overloads = 0
        self._attempt = BoundedSemaphore(1)
        # When the stream came into use, by the monotonic clock.
        self.since = 0.0

    # --- what it is ---

    @property
    def stream(self) -> Stream | None:
        """The stream in use, or the last one that was; None before the first."""
        return self._stream

    @property
    def open(self) -> bool:
        """Whether there is a stream on which something can be sent."""
        return self._stream is not None and self._stream.open

    def uses(self, stream: Stream) -> bool:
        """Whether this is the stream in use."""
        return self._stream is stream and stream.open

    @property
    def unacked(self) -> Sequence[tuple[Any, bytes]]:
        """(key, bytes) of what the server has not acknowledged, oldest first; empty without a stream."""
        return self._stream.unacked if self._stream is not None else ()

    def resumption(self) -> dict[str, Any] | None:
        """Plain values from which a stream can be resumed in any process; None when nothing can be resumed."""
        return self._stream.state() if self._stream is not None else None

    # --- what goes out ---

    def send(self, *nodes: Node) -> None:
        """Sends stanzas that may be lost with the stream. Does nothing while there is none."""
        if self._stream is not None:
            self._send_on(self._stream, *nodes)

    def _send_on(self, stream: Stream, *nodes: Node) -> None:
        try:
            if nodes:
                stream.send(*nodes)
        except StreamFailure as failure:
            log.debug("send-failed", sid=short(self._state.sid), kind=failure.kind)

    def transmit(self, *nodes: Node | bytes, key: bytes | None = None, before: Callable[[int], None] | None = None) -> None:
        """Sends, or raises StreamFailure. `key` is reported as acknowledged when the server has the last stanza; `before` is
        called with the number of that stanza, just before it goes."""
        self._required().send(*nodes, key=key, before=before)

    def request(self, iq: Node, timeout: float) -> Node:
        """Sends an iq and returns its answer, a result or an error. StreamFailure "no-answer" after `timeout` seconds, "closed"
        without a stream."""
        return self._required().request(iq, timeout)

    def new_id(self) -> str:
        """An id that no other stanza of this stream has. StreamFailure without a stream."""
        return self._required().new_id()

    def indicate(self, active: bool) -> None:
        """Tells the server whether the phone is active (XEP-0352), where it wants to know."""
        try:
            if self._stream is not None:
                self._stream.hint(active)
        except StreamFailure as failure:
            log.debug("send-failed", sid=short(self._state.sid), kind=failure.kind)

    def _required(self) -> Stream:
        if self._stream is None:
            raise StreamFailure("closed", "local")
        return self._stream

    # --- beginning and end ---

    def connect(self, resume: Mapping[str, Any] | None = None) -> None:
        """Makes a stream, which is read from then on; StreamFailure when that fails. Then no stream stays open without an owner:
        it would acknowledge messages that nobody will ever see."""
        stream = self._new_stream(resume)
        with self._connecting:
            stream.connect(STREAM_CONNECT_TIMEOUT_SECONDS)
        gevent.spawn(self._read, stream)
        try:
            self._listener.stream_opened(stream)
            if self._state.closing or not stream.open:
                raise StreamFailure("closed", "eof")
        except BaseException:
            stream.close(polite=False)
            raise
        self._stream, self.since = stream, time.monotonic()
        self._listener.stream_ready(fresh=not stream.resumed)

    def _new_stream(self, resume: Mapping[str, Any] | None) -> Stream:
        session = self._state.session
        local, _, domain = session.jid.rpartition("@")
        stream = Stream(
            domain,
            local,
            self._password,
            session.resource,
            options=self._options,
            on_stanzas=lambda nodes: self._received(stream, nodes),
            on_acked=self._listener.stanzas_acknowledged,
            prefix=f"{self._state.fence:x}{token(4)}",
            resume=resume,
        )
        return stream

    def close(self, polite: bool) -> None:
        """Politely: the server forgets the stream. Otherwise it can be resumed for a while."""
        if self._stream is not None:
            self._stream.close(polite=polite)

    # --- what comes in ---

    def _received(self, stream: Stream, nodes: list[Node]) -> None:
        self._listener.stanzas_received(
            ReceivedStanzas(
                nodes,
                handled=stream.h_next if stream.managed else None,
                repeated=stream.resumed and time.monotonic() < stream.since + REPEAT_SECONDS,
                reply=partial(self._send_on, stream),
            )
        )

    def _read(self, stream: Stream) -> None:
        """Reads until the stream ends; then connects again, or tells the listener that this cannot help."""
        try:
            stream.run()
            return
        except StreamFailure as failure:
            reason = failure
        if self._state.closing or self._stream is not stream:
            return  # one that never came into use is the business of the caller of connect()
        DISCONNECTS.labels(reason.kind).inc()
        log.info("stream-ended", sid=short(self._state.sid), kind=reason.kind, condition=reason.condition)
        if reason.kind == "stream" and reason.condition in errors.FINAL_CONDITIONS:
            self._listener.stream_lost()
        elif self._state.recorded:
            self._recover(stream, reason)

    # --- after a break ---

    def _recover(self, stream: Stream, reason: StreamFailure) -> None:
        """The stream is gone, the session is not."""
        resume, condition = stream.state(), reason.condition if reason.kind == "stream" else ""
        if condition in OUR_FAULT_CONDITIONS:
            resume = None  # resumed, it would begin with the same stanza
            self._listener.give_up_stanza(largest=False)
        if condition not in OVERLOAD_CONDITIONS:
            self.reconnect(resume)
            return
        too_large = self._listener.give_up_stanza(largest=True) if _names_size(reason) else None
        if too_large is not None:
            self.reconnect(_without(resume, too_large))
        elif self._count_overload() >= MAX_OVERLOADS:
            self._listener.stream_lost()
        else:
            self.reconnect(resume, OVERLOAD_WAIT_SECONDS)

    def _count_overload(self) -> int:
        """How many streams in a row the server has ended because we sent too much."""
        again = time.monotonic() - self.since < OVERLOAD_MEMORY_SECONDS
        self._overloads = self._overloads + 1 if again else 1
        return self._overloads

    def reconnect(self, resume: Mapping[str, Any] | None, wait: float = RECONNECT_FIRST_SECONDS) -> None:
        """Tries until it works, the session is over, or the credentials are refused. The first attempt comes after `wait`
        seconds; when it fails the server is away, and the attempts of all sessions are spread."""
        failed = False
        while not self._state.closing:
            gevent.sleep(wait * random.uniform(0.5, 1.0))
            if failed:
                gevent.sleep(self._pace.wait(self._state.session.domain, time.monotonic()))
            if self._state.closing or self._reconnected(resume):
                return
            failed, wait = True, min(max(wait * 2, RECONNECT_BACKOFF_SECONDS), RECONNECT_MAX_SECONDS)

    def _reconnected(self, resume: Mapping[str, Any] | None) -> bool:
        """One attempt. False when another one is due."""
        sid = short(self._state.sid)
        try:
            with self._attempt:
                if self._state.closing:
                    return True
                self.connect(resume)
            log.info("stream-again", sid=sid, resumed=bool(self._stream and self._stream.resumed))
            return True
        except StreamFailure as failure:
            log.info("reconnect-failed", sid=sid, kind=failure.kind, condition=failure.condition)
            if _credentials_refused(failure):
                self._listener.stream_lost()
                return True
        except StoreDown:
            log.warning("store-down", sid=sid)
        except (Fenced, NoSession):
            self._listener.session_taken()
            return True
        return False

    @contextmanager
    def no_attempts(self) -> Iterator[None]:
        """No attempt to reconnect begins inside, and one that runs gets a moment to end: of two streams with one resource the
        server closes one, and it may be the newer."""
        acquired = self._attempt.acquire(timeout=ATTEMPT_SECONDS)
        try:
            yield
        finally:
            if acquired:
                self._attempt.release()


def _credentials_refused(failure: StreamFailure) -> bool:
    code = errors.login_code(failure.kind, failure.condition)
    return failure.kind == "auth" and code in (StatusCode.FORBIDDEN, StatusCode.INVALID_PASSWORD)


def _names_size(reason: StreamFailure) -> bool:
    """Whether a server says that it ends the stream over the size of a stanza, or gives no reason."""
    return not reason.text or _SIZE.search(reason.text) is not None


def _without(state: dict[str, Any] | None, stanza: bytes) -> dict[str, Any] | None:
    """The state of a stream that does not begin with this stanza again when it is resumed."""
    return state and {**state, "unacked": [each for each in state["unacked"] if each[2] is not stanza]}
