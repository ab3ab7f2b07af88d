"""One client stream: what the holder sees of XMPP. Knows connections, acknowledgements and requests; no stanza's meaning.

The life of it: `connect`, then `read_on` until the end; `send`, `request`, `probe` and `close` from any greenlet.
"""

import time
from collections.abc import Callable, Hashable, Mapping
from typing import Any

import gevent
import structlog
from gevent import get_hub
from gevent.event import Event
from xmpp.simplexml import Node

from onesoup.xmpp import namespaces
from onesoup.xmpp.stream import errors
from onesoup.xmpp.stream.connect import connect
from onesoup.xmpp.stream.connection import Wire
from onesoup.xmpp.stream.errors import StreamFailure
from onesoup.xmpp.stream.events import STANZA_NAMES, Broken, StreamEvent
from onesoup.xmpp.stream.login import StreamAccount
from onesoup.xmpp.stream.negotiate import fail_on, offered_namespaces
from onesoup.xmpp.stream.options import Options
from onesoup.xmpp.stream.outgoing import OnAcked, OutgoingStream
from onesoup.xmpp.stream.requests import OpenRequests
from onesoup.xmpp.stream.sasl import PasswordProof
from onesoup.xmpp.stream.stream_management import Sent, StreamManagement

log = structlog.get_logger(__name__)

# How long a polite end waits for the server's own.
FAREWELL_SECONDS = 2.0
# Between two looks whether what was being stored has been.
KEEPING_SECONDS = 0.01


OnStanzas = Callable[[list[Node]], None]
# Gets the failure that ended a stream, None after `close`.
OnEnd = Callable[[StreamFailure | None], object]


class Stream(OutgoingStream):
    """`on_stanzas` gets the stanzas of one read together and keeps them; when it returns they count as handled.

    It runs in one of `Options.readers`, never twice at a time, with `h_next` telling the h to keep along with them. The list is
    empty when the read brought only answers to requests: h moved all the same. Answers that no request waits for are among the
    stanzas.
    What it raises: one of `Options.not_stored` ends the stream without acknowledging, so that all comes again after a
    resumption; anything else is taken for a mistake about one stanza: each is offered once more alone, with h unmoved, and
    at the end an empty list with the new h.

    `on_acked` gets the keys of sent stanzas that the server has, in order; without stream management at once.
    """

    __slots__ = (
        "_account",
        "_batch",
        "_early",
        "_ended",
        "_keeping",
        "_on_end",
        "_on_stanzas",
        "_reading",
        "_requests",
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
        super().__init__(options, on_acked, StreamManagement.restore(resume) if resume and resume.get("sm_id") else None)
        self._account: StreamAccount | None = StreamAccount(domain, user, password, resource)
        self._on_stanzas = on_stanzas
        self._requests = OpenRequests(prefix)
        self._early: list[Node] | None = None  # until the first read
        self._batch = 0
        self.since = self.heard = 0.0  # when it was connected, and when the server last said anything
        self.target: Hashable = None  # where the server is
        self._reading = self._keeping = False
        self._on_end: OnEnd | None = None
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
    def h_next(self) -> int:
        """Inside `on_stanzas`: h_in when it has returned."""
        return self._sm.after(self._batch) if self._sm else 0

    def state(self) -> dict[str, Any] | None:
        """Plain values from which `Stream(resume=...)` goes on in any process, or None when nothing can be resumed."""
        if self._sm is None or not self._sm.resumable:
            return None
        return {**self._sm.export(), "jid": self.jid}

    # Its beginning.

    def connect(self, within: float) -> PasswordProof | None:
        """Connects, logs in, resumes or binds, and enables stream management, all in so many seconds, or StreamFailure. Returns
        the proof of the password, None where the server took it without SCRAM.

        When `resumed` is false although a session was given, that session is gone: `lost` is what it left, (key, bytes) as in
        `unacked`, to be sent anew. `confirmed`: how many of its stanzas the server had got, None where it does not tell.
        """
        account = self._account
        assert account is not None, "connect is called once"
        try:
            with gevent.Timeout(within, StreamFailure(errors.FAILURE_TIMEOUT, "log-in")):
                done = connect(account, self._options, self._sm)
        except StreamFailure as failure:
            self._options.tried(account.domain, failure)
            raise
        self._options.tried(account.domain, None)
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
            self._say_active()
        return begun.proof

    # What comes in.

    def read_on(self, ended: OnEnd) -> None:
        """Reads from now on; returns at once. `ended` is told how it ends, in a greenlet that it may keep. While nothing comes,
        no greenlet waits for it."""
        self._on_end, self._reading = ended, True
        get_hub().loop.run_callback(self._has_come)

    def _has_come(self) -> None:
        self._options.readers.run(self._read)

    def _read(self) -> None:
        """Handles what has come, and leaves its greenlet to others until there is more."""
        wire = self._wired()
        try:
            if self._early is None:
                self._handle(wire.receive())
            else:
                self._take_early()
            wire.call_when_readable(self._has_come)
        except StreamFailure as failure:
            self._end(failure)
        except BaseException:  # a mistake of ours
            self._finish(StreamFailure(errors.FAILURE_CLOSED, "local"))
            raise

    def _end(self, failure: StreamFailure) -> None:
        self._finish(failure)
        ended, self._on_end = self._on_end, None
        if ended is not None:
            ended(None if self._closing else failure)

    def _finish(self, failure: StreamFailure) -> None:
        """Closes, and wakes all who wait. May be called again."""
        self._reading = False
        if self._wire is not None:
            self._wire.close(failure)
        self._options.watch.remove(self)
        self._requests.fail(failure)
        if self._ended is not None:
            self._ended.set()

    def _take_early(self) -> None:
        """Stanzas that came during the negotiation: no h counts them."""
        early, self._early = self._early, None
        if early and not self._closing:
            self._hand_over(early)

    def _handle(self, events: list[StreamEvent]) -> None:
        """One read. What it completed before the stream's end is kept before the end is reported."""
        self.heard = time.monotonic()
        stanzas: list[Node] = []
        counted, asked, last = 0, False, None
        for event in events:
            if not isinstance(event, Node) or event.namespace == namespaces.STREAM:
                if isinstance(event, Node) and event.name == "features":
                    self.features = offered_namespaces(event)  # with SASL2 they come behind a log-in that is done
                    self._say_active()
                else:
                    last = last or event  # an error tells more than the closing tag behind it
            elif event.namespace == namespaces.STREAM_MANAGEMENT:
                asked = self._managed(event) or asked
            elif event.namespace == namespaces.CLIENT and event.name in STANZA_NAMES:
                counted += 1
                if not self._requests.answer(event, self.jid):
                    stanzas.append(event)
        # Behind our end, what h does not count is the server's, which brings it at the next log-in: kept here, it came twice.
        if counted and not (self._closing and self._sm):
            self._keep(stanzas, counted)
        if asked:
            self._acknowledge()
        if last is not None:
            self._last(last)

    def _keep(self, stanzas: list[Node], counted: int) -> None:
        self._keeping = True
        self._batch = counted
        self._hand_over(stanzas)
        self._batch = 0
        if self._sm:
            self._sm.received(counted)
        self._keeping = False

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
            raise StreamFailure(errors.FAILURE_STORE, "not-stored", type(error).__name__) from error
        except StreamFailure:
            raise
        except Exception as error:
            return error
        return None

    def _last(self, event: StreamEvent) -> None:
        """The server says that this is the end, or we do."""
        if isinstance(event, Broken):
            self._refuse(event)
        fail_on(event)

    def _refuse(self, broken: Broken) -> None:
        """Ends the session, not only the connection: what we refuse would come again at each resumption."""
        self._sm_ends()
        text = f"<stream:error><{broken.condition} xmlns='{namespaces.STREAM_ERRORS}'/></stream:error></stream:stream>"
        self._wired().send(text.encode())

    def _say_active(self) -> None:
        """COMPAT(Prosody up to 13): it takes the client of a resumed session for inactive if it was that before. Then it holds up
        all that it writes, answers and messages too, since the new connection lacks what would end its waiting."""
        if self.resumed:
            self.hint(active=True)

    def hint(self, active: bool) -> None:
        """Client state indication (XEP-0352), where the server takes it; a new connection begins as active."""
        if namespaces.CLIENT_STATE in self.features and self.open:
            self._wired().send(f"<{'active' if active else 'inactive'} xmlns='{namespaces.CLIENT_STATE}'/>".encode())

    # Requests.

    def new_id(self) -> str:
        """An id that no other stanza of this stream has."""
        return self._requests.new_id()

    def request(self, iq: Node, timeout: float) -> Node:
        """The result or error for an iq get or set, which gets an id. StreamFailure no-answer after so many seconds.

        `read_on` must be at work. Only the answer of whom the request went to counts. One that is too large
        counts as the error resource-constraint.
        """
        return self._request(iq, self._requests.new_id(), timeout)

    def _request(self, iq: Node, id: str, timeout: float) -> Node:
        iq.attrs["id"] = id
        answer = self._requests.add(id, str(iq.attrs.get("to") or ""))
        try:
            self._expect_answer()
            self.send(iq)  # outside the limit: a write that is interrupted costs the stream
            with gevent.Timeout(timeout, StreamFailure(errors.FAILURE_NO_ANSWER, "remote-server-timeout")):
                return answer.get()
        finally:
            self._requests.remove(id)

    def request_list(self, iq: Node, timeout: float, take: Callable[[Node], None]) -> Node:
        """As `request`, of what may have a great many entries: each child of the payload goes to `take` as it comes and is not in
        what is returned. One such request at a time. `take` must not raise; it gets a TooBig for an entry that is too large."""
        wire, id = self._wired(), self._requests.new_id()

        def of(stanza: Node) -> bool:
            attrs = stanza.attrs
            return attrs.get("id") == id and attrs.get("type") == "result" and self._requests.waits_for(stanza, self.jid)

        wire.take_apart(of, take)
        try:
            return self._request(iq, id, timeout)
        finally:
            wire.take_apart(None, take)

    def _expect_answer(self) -> None:
        self._options.watch.expect(self, time.monotonic())

    # Its end.

    def probe(self) -> None:
        """Asks the server for a sign of life; returns at once."""
        gevent.spawn(self._probe)  # a caller that probes many must not wait for one that takes nothing

    def _probe(self) -> None:
        try:
            if self._sm is not None:
                self._ask()
            else:
                self.send(Node("iq", {"type": "get", "id": self.new_id()}, [Node(f"{namespaces.PING} ping")]))
        except StreamFailure:
            return  # whoever reads reports it

    def give_up(self) -> None:
        """The server gave no sign of life. The session stays resumable."""
        if self._wire is not None:
            self._wire.close(StreamFailure(errors.FAILURE_TIMEOUT, "silent"))

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
            self._finish(StreamFailure(errors.FAILURE_CLOSED, "local"))

    def _say_goodbye(self, wire: Wire) -> None:
        """Closing at once could reset the connection before the server has read the end, and leave us online there."""
        # XEP-0198 section 4: the last h goes along, lest the server deliver again what we have.
        self._await_kept(wire)
        farewell = (self._own_h() if self._sm else b"") + b"</stream:stream>"
        self._sm_ends()
        with gevent.Timeout(FAREWELL_SECONDS, False):
            try:
                wire.send(farewell)
                self._await_end(wire)
            except StreamFailure:
                return  # it ended without us

    def _await_kept(self, wire: Wire) -> None:
        """Until h counts what is being stored at this moment."""
        end = time.monotonic() + FAREWELL_SECONDS
        while self._keeping and wire.open and time.monotonic() < end:
            gevent.sleep(KEEPING_SECONDS)

    def _await_end(self, wire: Wire) -> None:
        if self._reading:
            self._ended = self._ended or Event()
            self._ended.wait()
            return
        while wire.open:
            for event in wire.receive():
                fail_on(event)


def log_given_up(stanza: Node, error: Exception) -> None:
    """A stanza that we cannot handle must not come again for ever. Neither it nor the error's words are logged."""
    where = error.__traceback__
    while where is not None and where.tb_next is not None:
        where = where.tb_next
    place = f"{where.tb_frame.f_code.co_filename}:{where.tb_lineno}" if where else None
    log.error("stanza-failed", stanza=stanza.name, kind=stanza.getAttr("type"), error=type(error).__name__, at=place)
