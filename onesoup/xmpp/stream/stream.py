"""One client stream: what the holder sees of XMPP. Knows connections, acknowledgements and requests; no stanza's meaning.

The life of it: `connect`, then `run` in one greenlet until the end; `send`, `request`, `probe` and `close` from any other.
"""

import time
from collections.abc import Callable, Hashable, Mapping
from contextlib import suppress
from typing import Any

import gevent
import structlog
from gevent.event import AsyncResult, Event
from xmpp.simplexml import Node

from onesoup.xmpp import namespaces
from onesoup.xmpp.stream import errors
from onesoup.xmpp.stream import parser as parsing
from onesoup.xmpp.stream.connect import connect
from onesoup.xmpp.stream.connection import Wire
from onesoup.xmpp.stream.errors import StreamFailure
from onesoup.xmpp.stream.login import StreamAccount
from onesoup.xmpp.stream.negotiate import fail_on, number, offered
from onesoup.xmpp.stream.options import Options
from onesoup.xmpp.stream.serializer import SerializedElement, serialise
from onesoup.xmpp.stream.stream_management import Sent, SmError, StreamManagement

log = structlog.get_logger(__name__)

# Nobody waits to hear of stanzas without a key, yet the queue must not grow with them.
ASK_AFTER = 20
# How long a polite end waits for the server's own.
FAREWELL_SECONDS = 2.0


_ASK = f"<r xmlns='{namespaces.STREAM_MANAGEMENT}'/>".encode()
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"

OnStanzas = Callable[[list[Node]], None]
OnAcked = Callable[[list[Any]], None]


class Stream:
    """`on_stanzas` gets the stanzas of one read together and keeps them; when it returns they count as handled.

    It runs in the greenlet of `run`, with `h_next` telling the h to keep along with them. The list is empty when the
    read brought only answers to requests: h moved all the same. Answers that no request waits for are among the stanzas.
    What it raises: one of `Options.not_stored` ends the stream without acknowledging, so that all comes again after a
    resumption; anything else is taken for a mistake about one stanza: each is offered once more alone, with h unmoved, and
    at the end an empty list with the new h.

    `on_acked` gets the keys of sent stanzas that the server has, in order; without stream management at once.
    """

    __slots__ = (
        "_account",
        "_asked",
        "_batch",
        "_closing",
        "_counter",
        "_early",
        "_ended",
        "_on_acked",
        "_on_stanzas",
        "_options",
        "_prefix",
        "_reading",
        "_requests",
        "_sm",
        "_wire",
        "bind2",
        "carbons",
        "confirmed",
        "features",
        "heard",
        "jid",
        "lost",
        "resumed",
        "since",
        "target",
    )

    def __init__(
        self,
        domain: str,
        user: str,
        password: str,
        resource: str,
        *,
        options: Options,
        on_stanzas: OnStanzas,
        on_acked: OnAcked,
        prefix: str = "s",
        resume: Mapping[str, Any] | None = None,
    ) -> None:
        """`prefix` begins the ids of requests; no other life of the same account may use it. `resume`: of `state`."""
        self._account: StreamAccount | None = StreamAccount(domain, user, password, resource)
        self._options, self._on_stanzas, self._on_acked = options, on_stanzas, on_acked
        self._prefix, self._counter = prefix, 0
        self._requests: dict[str, tuple[str, AsyncResult]] = {}
        self._wire: Wire | None = None
        self._sm = StreamManagement.restore(resume) if resume and resume.get("sm_id") else None
        self._early: list[Node] = []
        self._batch = 0
        self.since = self.heard = 0.0  # when it was connected, and when the server last said anything
        self.target: Hashable = None  # where the server is
        self._asked: int | None = None  # how many stanzas the <r/> under way asks for
        self._reading = self._closing = False
        self._ended: Event | None = None
        self.jid = str(resume.get("jid") or "") if resume else ""
        self.features: frozenset[str] = frozenset()
        self.resumed = False
        self.carbons = False  # enabled already, along with the log-in
        self.bind2 = False  # the server would bind along with it
        self.confirmed: int | None = None
        self.lost: list[Sent] = []

    # What it is.

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
    def h_next(self) -> int:
        """Inside `on_stanzas`: h_in when it has returned."""
        return self._sm.after(self._batch) if self._sm else 0

    @property
    def unacked(self) -> list[Sent]:
        """(key, octets) of what the server did not acknowledge yet, oldest first."""
        return self._sm.unacked if self._sm else []

    def state(self) -> dict[str, Any] | None:
        """Plain values from which `Stream(resume=...)` goes on in any process, or None when nothing can be resumed."""
        if self._sm is None or not self._sm.resumable:
            return None
        return {**self._sm.export(), "jid": self.jid}

    # Its beginning.

    def connect(self, within: float) -> None:
        """Connects, logs in, resumes or binds, and enables stream management, all in so many seconds, or StreamFailure.

        When `resumed` is false although a session was given, that session is gone: `lost` is what it left, (key, octets)
        as in `unacked`, to be sent anew. `confirmed`: how many stanzas the server had got of that session, None where it does
        not tell.
        """
        account = self._account
        assert account is not None, "connect is called once"
        with gevent.Timeout(within, StreamFailure(errors.TIMEOUT, "log-in")):
            done = connect(account, self._options, self._sm)
        self._account = None  # the password is needed no more
        self._wire, self.features, self._early = done.wire, done.features, done.early
        self.since = self.heard = time.monotonic()
        self.target = done.wire.place
        self._options.watch.add(self, self.heard)
        begun = done.begun
        self.resumed, self.confirmed = begun.resumed, begun.confirmed
        self.carbons, self.bind2 = begun.carbons, begun.bind2
        if not begun.resumed:
            self.lost = self._sm.unacked if self._sm else []
            self.jid = begun.jid
        self._sm = begun.sm
        self._report(begun.acked)
        if begun.resumed:
            self._send_again()

    def _send_again(self) -> None:
        """What the server had not got when the connection broke, in order; it counts as sent already."""
        assert self._sm is not None
        waiting = b"".join(data for _, data in self._sm.unacked)
        if waiting:
            self._note_question()
            self._wired().send(waiting + _ASK)

    # What comes in.

    def run(self) -> None:
        """Reads until the end. Returns after `close`; otherwise raises the StreamFailure that ended it."""
        wire = self._wired()
        if self._closing:  # before this greenlet had its first turn
            return
        self._reading = True
        try:
            self._take_early()
            while True:
                self._handle(wire.receive())
        except StreamFailure as failure:
            self._finish(failure)
            if not self._closing:
                raise
        finally:
            self._finish(StreamFailure(errors.CLOSED, "local"))

    def _finish(self, failure: StreamFailure) -> None:
        """Closes, frees whoever waits. May be called again."""
        self._reading = False
        if self._wire is not None:
            self._wire.close(failure)
        self._options.watch.remove(self)
        requests, self._requests = self._requests, {}
        for _, answer in requests.values():
            answer.set_exception(failure)
        if self._ended is not None:
            self._ended.set()

    def _take_early(self) -> None:
        """Stanzas that came during the negotiation: no h counts them."""
        early, self._early = self._early, []
        if early:
            self._hand_over(early)

    def _handle(self, events: list[parsing.Event]) -> None:
        """One read. What it completed before the stream's end is kept before the end is reported."""
        self.heard = time.monotonic()
        stanzas: list[Node] = []
        counted, asked, last = 0, False, None
        for event in events:
            if not isinstance(event, Node) or event.namespace == namespaces.STREAM:
                if isinstance(event, Node) and event.name == "features":
                    self.features = offered(event)  # with SASL2 they come behind a log-in that is done
                else:
                    last = last or event  # an error tells more than the closing tag behind it
            elif event.namespace == namespaces.STREAM_MANAGEMENT:
                asked = self._managed(event) or asked
            elif event.namespace == namespaces.CLIENT and event.name in parsing.STANZAS:
                counted += 1
                if not self._answered(event):
                    stanzas.append(event)
        if counted:
            self._batch = counted
            self._hand_over(stanzas)
            self._batch = 0
            if self._sm:
                self._sm.received(counted)
        if asked:
            self._acknowledge()
        if last is not None:
            self._last(last)

    def _hand_over(self, stanzas: list[Node]) -> None:
        if self._offer(stanzas) is None:
            return
        # h moves at the end only: a crash on the way must not leave a stanza behind that h says is kept.
        batch, self._batch = self._batch, 0
        for stanza in stanzas:
            error = self._offer([stanza])
            if error is not None:
                log_given_up(stanza, error)
        self._batch = batch
        self._offer([])

    def _offer(self, stanzas: list[Node]) -> Exception | None:
        """The mistake that came of it. Raises StreamFailure when nothing can be kept now."""
        try:
            self._on_stanzas(stanzas)
        except self._options.not_stored as error:
            raise StreamFailure(errors.STORE, "not-stored", type(error).__name__) from error
        except StreamFailure:
            raise
        except Exception as error:
            return error
        return None

    def _last(self, event: parsing.Event) -> None:
        """The server says that this is the end, or we do."""
        if isinstance(event, parsing.Broken):
            self._refuse(event)
        fail_on(event)

    def _refuse(self, broken: parsing.Broken) -> None:
        """Ends the session, not only the connection: what we refuse would come again at each resumption."""
        self._sm_ends()
        text = f"<stream:error><{broken.condition} xmlns='{namespaces.STREAM_ERRORS}'/></stream:error></stream:stream>"
        self._wired().send(text.encode())

    def _sm_ends(self) -> None:
        if self._sm is not None:
            self._sm.id = ""

    # Stream management.

    def _managed(self, element: Node) -> bool:
        """Takes an acknowledgement. True when the server asks for ours."""
        if element.name == "a" and self._sm is not None:
            self._server_has(number(element, "h"))
        return bool(element.name == "r")

    def _server_has(self, h: int | None) -> None:
        assert self._sm is not None
        asked, self._asked = self._asked, None
        try:
            keys = self._sm.acked(h) if h is not None else []
        except SmError as error:
            self._sm_ends()
            raise StreamFailure(errors.PROTOCOL, "undefined-condition", str(error)) from None
        self._report(keys)
        if asked is not None and asked != self._sm.h_out:  # more was sent since we asked
            self._ask()

    def _ask(self) -> None:
        self._note_question()
        self._put(_ASK)

    def _note_question(self) -> None:
        assert self._sm is not None
        self._asked = self._sm.h_out
        self._options.watch.expect(self, time.monotonic())

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
        except Exception as error:  # the keys are not lost: whoever keeps them sees them unacknowledged, and sends again
            log.error("on-acked-failed", count=len(keys), error=type(error).__name__)

    # What goes out.

    def send(self, *stanzas: Node | bytes, key: Any = None, before: Callable[[int], None] | None = None) -> None:
        """Writes them together; octets are stanzas that somebody has serialised. `key` is reported by `on_acked` when the server
        has the last of them. `before` hears the number that the last one gets among all that this session sends; what it
        raises keeps them from being sent.

        Raises StreamFailure when nothing is going out. With stream management a stanza is ours to deliver from then on, here or
        after a resumption, and it leaves with what else this turn of the loop brings. Without, it is written at once; a
        connection that breaks under it raises too, and nobody knows whether the server has it.
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
                    # Whoever has noted the number may count on it: from here on only the end of all keeps the stanza back.
                    before(sm.number(len(octets)))
                    if self._closing or self._sm is not sm:
                        raise wire.failure or StreamFailure(errors.CLOSED, "local")
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

    def hint(self, active: bool) -> None:
        """Client state indication (XEP-0352), where the server takes it; a new connection begins as active."""
        if namespaces.CLIENT_STATE in self.features and self.open:
            self._wired().send(f"<{'active' if active else 'inactive'} xmlns='{namespaces.CLIENT_STATE}'/>".encode())

    def _writable(self, wire: Wire) -> None:
        if self._closing or not wire.open:
            raise wire.failure or StreamFailure(errors.CLOSED, "local")

    def _accepts(self, wire: Wire, sm: StreamManagement) -> None:
        self._writable(wire)
        if sm.full:
            raise StreamFailure(errors.BACKLOG, "resource-constraint")

    def _queue(self, wire: Wire, sm: StreamManagement, octets: list[bytes], key: Any) -> None:
        """While nobody else has the lock, so that the order of the queue is the order on the wire. On a connection that has
        broken meanwhile it waits for the next one."""
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
            raise StreamFailure(errors.CLOSED, "local", "not connected")
        return self._wire

    # Requests.

    def new_id(self) -> str:
        """An id that no other stanza of this stream has."""
        self._counter += 1
        return f"{self._prefix}-{base36(self._counter)}"

    def request(self, iq: Node, timeout: float) -> Node:
        """The result or error for an iq get or set, which gets an id. StreamFailure no-answer after so many seconds.

        `run` must be at work in another greenlet. Only the answer of whom the request went to counts. One that is too large
        counts as the error resource-constraint.
        """
        return self._request(iq, self.new_id(), timeout)

    def _request(self, iq: Node, id: str, timeout: float) -> Node:
        iq.attrs["id"] = id
        answer = AsyncResult()
        self._requests[id] = (str(iq.attrs.get("to") or ""), answer)
        try:
            self._options.watch.expect(self, time.monotonic())
            self.send(iq)  # outside the limit: a write that is interrupted costs the stream
            with gevent.Timeout(timeout, StreamFailure(errors.NO_ANSWER, "remote-server-timeout")):
                return answer.get()
        finally:
            self._requests.pop(id, None)

    def request_list(self, iq: Node, timeout: float, take: Callable[[Node], None]) -> Node:
        """As `request`, of what may have a great many entries: each child of the payload goes to `take` as it comes and is not in
        what is returned. One such request at a time. `take` must not raise; it gets a TooBig for an entry that is too large."""
        wire, id = self._wired(), self.new_id()

        def of(stanza: Node) -> bool:
            return stanza.attrs.get("id") == id and stanza.attrs.get("type") == "result" and self._waits_for(stanza) is not None

        wire.take_apart(of, take)
        try:
            return self._request(iq, id, timeout)
        finally:
            wire.take_apart(None, take)

    def _answered(self, stanza: Node) -> bool:
        """Gives an answer to the request that waits for it."""
        found = self._waits_for(stanza)
        if found is None:
            return False
        found.set(_unread(stanza) if isinstance(stanza, parsing.TooBig) else stanza)
        return True

    def _waits_for(self, stanza: Node) -> AsyncResult | None:
        if stanza.name != "iq" or stanza.attrs.get("type") not in ("result", "error"):
            return None
        found = self._requests.get(stanza.attrs.get("id"))
        if found is None or not self._comes_from(stanza.attrs.get("from"), found[0]):
            return None
        return found[1]

    def _comes_from(self, sender: str | None, to: str) -> bool:
        """RFC 6120 section 8.1.2.1: our server answers for our account without an address, or with one of ours."""
        jid = self.jid.lower()
        bare = jid.partition("/")[0]
        ours = {"", bare, jid, bare.rpartition("@")[2]}
        sender, to = (sender or "").lower(), to.lower()
        return sender == to or (to in ours and sender in ours)

    # Its end.

    def probe(self) -> None:
        """Asks the server for a sign of life; returns at once."""
        gevent.spawn(self._probe)  # whoever asks many must not wait for one that takes nothing

    def _probe(self) -> None:
        try:
            if self._sm is not None:
                self._ask()
            else:
                self.send(Node("iq", {"type": "get", "id": self.new_id()}, [Node(f"{namespaces.PING} ping")]))
        except StreamFailure:
            return  # `run` reports it

    def give_up(self) -> None:
        """The server gave no sign of life. The session stays resumable."""
        if self._wire is not None:
            self._wire.close(StreamFailure(errors.TIMEOUT, "silent"))

    def close(self, polite: bool = True) -> None:
        """Ends it. Politely: the server forgets the session too. Otherwise it stays resumable for a while."""
        wire = self._wire
        if wire is None or not wire.open:
            return
        self._closing = True
        if polite:
            self._say_goodbye(wire)
        wire.close()
        if not self._reading:
            self._finish(StreamFailure(errors.CLOSED, "local"))

    def _say_goodbye(self, wire: Wire) -> None:
        """Closing at once could reset the connection before the server has read the end, and leave us online there."""
        # XEP-0198 section 4: the last h goes along, lest the server deliver again what we have.
        farewell = (self._own_h() if self._sm else b"") + b"</stream:stream>"
        self._sm_ends()
        with gevent.Timeout(FAREWELL_SECONDS, False):
            try:
                wire.send(farewell)
                self._await_end(wire)
            except StreamFailure:
                return  # it ended without us

    def _await_end(self, wire: Wire) -> None:
        if self._reading:
            self._ended = self._ended or Event()
            self._ended.wait()
            return
        while wire.open:
            for event in wire.receive():
                fail_on(event)


def _unread(answer: Node) -> Node:
    """In the place of an answer that was too large to be read: an error, so that nobody waits for more."""
    error = SerializedElement("error", {"type": "wait"}, [SerializedElement(f"{namespaces.STANZA_ERRORS} resource-constraint")])
    return SerializedElement("iq", {**answer.attrs, "type": "error"}, [error])


def log_given_up(stanza: Node, error: Exception) -> None:
    """A stanza that we cannot handle must not come again for ever. Neither it nor the error's words are logged."""
    where = error.__traceback__
    while where is not None and where.tb_next is not None:
        where = where.tb_next
    place = f"{where.tb_frame.f_code.co_filename}:{where.tb_lineno}" if where else None
    log.error("stanza-failed", stanza=stanza.name, kind=stanza.getAttr("type"), error=type(error).__name__, at=place)


def base36(number: int) -> str:
    """Digits and small letters."""
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text or "0"
