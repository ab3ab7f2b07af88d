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
from onesoup.xmpp.stream import Options, PasswordProof, Stream, StreamFailure
from workers.holder.server_memory import ConnectPace
from workers.holder.session.interfaces import CommandStream, ReceivedStanzas, StreamListener
from workers.holder.session.state import SessionState

log = structlog.get_logger()

DISCONNECTS = Counter("onesoup_xmpp_disconnects_total", "Streams that ended by themselves", ["reason"])

STREAM_CONNECT_TIMEOUT_SECONDS = 7.0
# The wait before the first attempt to reconnect; before the second; and the longest.
RECONNECT_FIRST_SECONDS, RECONNECT_BACKOFF_SECONDS, RECONNECT_MAX_SECONDS = 0.1, 1.0, 30.0
# How long a new log-in of the phone waits for an attempt of its last session to connect: as long as one may take.
ATTEMPT_SECONDS = STREAM_CONNECT_TIMEOUT_SECONDS
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
    """The stream of one session. `connecting` limits how many streams of the holder are being connected at once for log-ins,
    `reconnecting` how many for sessions; `pace` spreads the attempts at a server that was away."""

    def __init__(
        self,
        state: SessionState,
        password: str,
        listener: StreamListener,
        *,
        check_owner: Callable[[], None],
        options: Options,
        connecting: BoundedSemaphore,
        reconnecting: BoundedSemaphore,
        pace: ConnectPace,
    ) -> None:
        """`check_owner` raises Fenced where another holder has the session."""
        self._state, self._password, self._listener, self._check_owner = state, password, listener, check_owner
        self._options, self._connecting, self._reconnecting, self._pace = options, connecting, reconnecting, pace
        self._stream: Stream | None = None
        self._overloads = 0
        self._attempt = BoundedSemaphore(1)
        self._forbidden = 0  # how many log-ins want no attempt to begin
        self._resume: Mapping[str, Any] | None = None  # what the next attempt to reconnect goes on with
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

    def connect(self) -> PasswordProof | None:
        """Makes the first stream, and returns the proof of the password as Stream.connect(). StreamFailure when that fails."""
        with self._connecting:
            return self._connect_stream(self._new_stream(None))

    def _connect_stream(self, stream: Stream) -> PasswordProof | None:
        """Connects a stream, which is read from then on. If that fails, no stream stays open without an owner: it would
        acknowledge messages that nobody will ever see."""
        proof = stream.connect(STREAM_CONNECT_TIMEOUT_SECONDS)
        stream.read_on(partial(self._ended, stream))
        try:
            self._listener.stream_opened(stream)
            if self._state.closing or not stream.open:
                raise StreamFailure("closed", "eof")
        except BaseException:
            stream.close(polite=False)
            raise
        self._stream, self.since = stream, time.monotonic()
        self._resume = None  # from here on the stream knows more
        self._listener.stream_ready(fresh=not stream.resumed)
        return proof

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

    def _ended(self, stream: Stream, reason: StreamFailure | None) -> None:
        """Connects again, or tells the listener that this cannot help."""
        if reason is None or self._state.closing or self._stream is not stream:
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
        self._resume, condition = stream.state(), reason.condition if reason.kind == "stream" else ""
        if condition in OUR_FAULT_CONDITIONS:
            self._resume = None  # resumed, it would begin with the same stanza
            self._listener.give_up_stanza(largest=False)
        if condition not in OVERLOAD_CONDITIONS:
            self.reconnect()
            return
        too_large = self._listener.give_up_stanza(largest=True) if _names_size(reason) else None
        if too_large is not None:
            self._resume = _without(self._resume, too_large)
            self.reconnect()
        elif self._count_overload() >= MAX_OVERLOADS:
            self._listener.stream_lost()
        else:
            self.reconnect(OVERLOAD_WAIT_SECONDS)

    def _count_overload(self) -> int:
        """How many streams in a row the server has ended because we sent too much."""
        again = time.monotonic() - self.since < OVERLOAD_MEMORY_SECONDS
        self._overloads = self._overloads + 1 if again else 1
        return self._overloads

    def go_on_with(self, resume: Mapping[str, Any] | None) -> None:
        """The stream that another holder had, from its resumption(): the first attempt to reconnect resumes it."""
        self._resume = resume

    def reconnect(self, wait: float = RECONNECT_FIRST_SECONDS) -> None:
        """Tries until there is another stream, the session is over, or the credentials are refused. The first attempt comes after
        `wait` seconds; when it fails the server is away, and the attempts of all sessions are spread."""
        failed, broken = False, self._stream
        while not self._over(broken):
            gevent.sleep(wait * random.uniform(0.5, 1.0))
            if failed:
                gevent.sleep(self._pace.wait(self._state.session.domain, time.monotonic()))
            if self._over(broken) or self._reconnected(broken):
                return
            failed, wait = True, min(max(wait * 2, RECONNECT_BACKOFF_SECONDS), RECONNECT_MAX_SECONDS)

    def _over(self, broken: Stream | None) -> bool:
        """Whether nothing has to come after this stream any more."""
        return self._state.closing or self._stream is not broken

    def _reconnected(self, broken: Stream | None) -> bool:
        """One attempt. False when another one is due."""
        sid = short(self._state.sid)
        try:
            with self._reconnecting:  # its turn may come long after the phone has logged in anew
                return self._attempt_once(broken)
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

    def _attempt_once(self, broken: Stream | None) -> bool:
        """As _reconnected(), with its failures as exceptions."""
        if self._over(broken):
            return True
        if self._forbidden or not self._attempt.acquire(blocking=False):
            return False
        try:
            self._connect_again()
        finally:
            self._attempt.release()
        return True

    def resume_now(self) -> None:
        """For a log-in of the phone, inside no_attempts(): resumes the stream before the log-in takes it over. A new one would
        have the server send again what this one has not acknowledged. Does nothing where there is nothing to resume.
        StreamFailure, StoreDown, Fenced, NoSession."""
        if self._resume is not None and not self.open:
            with self._connecting:
                self._connect_again()

    def _connect_again(self) -> None:
        # It may have broken because another holder has the session: a stream of ours would end that one's.
        self._check_owner()
        self._connect_stream(self._new_stream(self._resume))
        log.info("stream-again", sid=short(self._state.sid), resumed=bool(self._stream and self._stream.resumed))

    @contextmanager
    def no_attempts(self) -> Iterator[None]:
        """No attempt to reconnect begins inside, and one that runs gets ATTEMPT_SECONDS to end. Of two streams with one resource
        the server closes one, and it may be the newer."""
        self._forbidden += 1
        acquired = self._attempt.acquire(timeout=ATTEMPT_SECONDS)
        try:
            yield
        finally:
            self._forbidden -= 1
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
