"""The outgoing half of a stream: stanzas to the server, and the acknowledgements of both sides (XEP-0198)."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog
from xmpp.simplexml import Node

from onesoup.xmpp import namespaces
from onesoup.xmpp.stream import errors
from onesoup.xmpp.stream.connection import Wire
from onesoup.xmpp.stream.errors import StreamFailure
from onesoup.xmpp.stream.negotiate import number_attribute
from onesoup.xmpp.stream.options import Options
from onesoup.xmpp.stream.serializer import serialise
from onesoup.xmpp.stream.stream_management import Sent, SmError, StreamManagement

log = structlog.get_logger(__name__)

# No caller waits for news of stanzas without a key, yet the queue must not grow with them.
ASK_AFTER = 20
_ASK = f"<r xmlns='{namespaces.STREAM_MANAGEMENT}'/>".encode()

OnAcked = Callable[[list[Any]], None]


class OutgoingStream:
    """What a stream sends, and what is not acknowledged yet. `onesoup.xmpp.stream.stream` adds what comes in."""

    __slots__ = ("_asked", "_closing", "_on_acked", "_options", "_sm", "_wire")

    def __init__(self, options: Options, on_acked: OnAcked, sm: StreamManagement | None) -> None:
        self._options, self._on_acked, self._sm = options, on_acked, sm
        self._wire: Wire | None = None
        self._asked: int | None = None  # how many stanzas the <r/> under way asks for
        self._closing = False

    @property
    def open(self) -> bool:
        return self._wire is not None and self._wire.open

    @property
    def sm_id(self) -> str:
        """Empty without a session that could be resumed."""
        return self._sm.id if self._sm else ""

    @property
    def managed(self) -> bool:
        """Whether the server acknowledges."""
        return self._sm is not None

    @property
    def h_in(self) -> int:
        """How many stanzas were handled."""
        return self._sm.h_in if self._sm else 0

    @property
    def unacked(self) -> list[Sent]:
        """(key, octets) of what the server did not acknowledge yet, oldest first."""
        return self._sm.unacked if self._sm else []

    def send(self, *stanzas: Node | bytes, key: Any = None, before: Callable[[int], None] | None = None) -> None:
        """Writes them together; octets are stanzas that somebody has serialised. `key` is reported by `on_acked` when the server
        has the last of them. `before` hears the number that the last one gets among all that this session sends; what it
        raises keeps them from being sent.

        Raises StreamFailure when nothing is going out. With stream management a stanza is ours to deliver from then on, here or
        after a resumption, and it leaves with what else this turn of the loop brings. Without, it is written at once; a
        connection that breaks under it raises too; whether the server has it is unknown.
        """
        octets = [stanza if type(stanza) is bytes else serialise(stanza) for stanza in stanzas]
        wire, sm = self._wired(), self._sm
        if sm is None:
            self._writable(wire)
            wire.send(b"".join(octets))
            if key is not None:
                self._report([key])
        elif before is None and wire.free:
            self._accepts(wire, sm)
            self._queue(wire, sm, octets, key)
        else:
            with wire.lock:
                self._accepts(wire, sm)
                if before is not None:
                    # The caller has noted the number and counts on it: from here on only the end of the session stops the stanza.
                    before(sm.number(len(octets)))
                    if self._closing or self._sm is not sm:
                        raise wire.failure or StreamFailure(errors.FAILURE_CLOSED, "local")
                self._queue(wire, sm, octets, key)
                with suppress(StreamFailure):  # `run` reports it
                    wire.drain()

    def _put(self, data: bytes) -> None:
        """What is no stanza, with what else goes out; at once where somebody is writing."""
        wire = self._wired()
        if wire.open and wire.free:
            wire.put(data)
        else:
            wire.send(data)

    def _writable(self, wire: Wire) -> None:
        if self._closing or not wire.open:
            raise wire.failure or StreamFailure(errors.FAILURE_CLOSED, "local")

    def _accepts(self, wire: Wire, sm: StreamManagement) -> None:
        self._writable(wire)
        if sm.full:
            raise StreamFailure(errors.FAILURE_BACKLOG, "resource-constraint")

    def _queue(self, wire: Wire, sm: StreamManagement, octets: list[bytes], key: Any) -> None:
        """While no other greenlet has the lock, so that the order of the queue is the order on the wire. On a connection that has
        just broken it waits for the next one."""
        for data in octets[:-1]:
            sm.sent(None, data)
            wire.put(data)
        sm.sent(key, octets[-1])
        wire.put(octets[-1])
        # One question at a time: the answer to it brings the next, when there was more.
        if self._asked is None and (key is not None or sm.waiting >= ASK_AFTER):
            self._note_question()
            wire.put(_ASK)

    def _wired(self) -> Wire:
        if self._wire is None:
            raise StreamFailure(errors.FAILURE_CLOSED, "local", "not connected")
        return self._wire

    def _send_again(self) -> None:
        """What the server had not got when the connection broke, in order; it counts as sent already."""
        assert self._sm is not None
        waiting = b"".join(data for _, data in self._sm.unacked)
        if waiting:
            self._note_question()
            self._wired().send(waiting + _ASK)

    def _sm_ends(self) -> None:
        if self._sm is not None:
            self._sm.id = ""

    def _managed(self, element: Node) -> bool:
        """Takes an acknowledgement. True when the server asks for ours."""
        if element.name == "a" and self._sm is not None:
            self._server_has(number_attribute(element, "h"))
        return bool(element.name == "r")

    def _server_has(self, h: int | None) -> None:
        assert self._sm is not None
        asked, self._asked = self._asked, None
        try:
            keys = self._sm.acked(h) if h is not None else []
        except SmError as error:
            self._sm_ends()
            raise StreamFailure(errors.FAILURE_PROTOCOL, "undefined-condition", str(error)) from None
        self._report(keys)
        if asked is not None and asked != self._sm.h_out:  # more was sent since we asked
            self._ask()

    def _ask(self) -> None:
        self._note_question()
        self._put(_ASK)

    def _note_question(self) -> None:
        assert self._sm is not None
        self._asked = self._sm.h_out
        self._expect_answer()

    def _acknowledge(self) -> None:
        if self._sm is not None:
            self._put(self._own_h())

    def _own_h(self) -> bytes:
        return f"<a xmlns='{namespaces.STREAM_MANAGEMENT}' h='{self.h_in}'/>".encode()

    def _report(self, keys: list[Any]) -> None:
        if not keys:
            return
        try:
            self._on_acked(keys)
        except Exception as error:  # the keys are not lost: their keeper sees them unacknowledged, and sends again
            log.error("on-acked-failed", count=len(keys), error=type(error).__name__)

    def _expect_answer(self) -> None:
        """Something was sent that the server answers at once."""
        raise NotImplementedError
