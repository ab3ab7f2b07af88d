"""Binds lines to sessions: HELO with a SessionID, or with the cookie of one living session (cir.md 3.2)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from weakref import WeakValueDictionary

import gevent
import structlog
from gevent.lock import BoundedSemaphore
from prometheus_client import Counter

from cir.stcp.connection import StcpConnection
from cir.stcp.limits import ConnectionLimits
from cir.stcp.line_table import LineTable
from onesoup.csp.status import StatusCode
from onesoup.observability.logs import short
from onesoup.store.errors import NoSession, StoreDown
from onesoup.store.session.gateway_side import GatewaySessionStore
from onesoup.store.wakeup.wakes import WakeStore

log = structlog.get_logger()

FOREIGN_LINES = Counter("onesoup_cir_foreign_total", "STCP lines from another address than the phone's last request")

# Sessions of one cookie that are looked at.
MAX_SESSIONS_PER_COOKIE = 20
# How often a Redis that is away is asked again, once a second.
MAX_BIND_TRIES, BIND_RETRY_SECONDS = 5, 1.0


class LineBinder:
    """Binds and unbinds the lines of one process. `cookies` knows sessions by their cookies, where phones may name those."""

    def __init__(
        self,
        sessions: GatewaySessionStore,
        channel: str,
        lines: LineTable,
        limits: ConnectionLimits,
        clock: Callable[[], float],
        cookies: WakeStore | None = None,
    ) -> None:
        self._sessions, self._channel, self._lines = sessions, channel, lines
        self._limits, self._clock, self.cookies = limits, clock, cookies
        # A lock lives while it is held or waited for.
        self._locks: WeakValueDictionary[str, BoundedSemaphore] = WeakValueDictionary()

    @contextmanager
    def _exclusive(self, sid: str) -> Iterator[None]:
        """Binding and unbinding of one session never overlap: a phone that dials again at once would lose its new line."""
        lock = self._locks.setdefault(sid, BoundedSemaphore(1))
        with lock:
            yield

    def bind(self, line: StcpConnection, sid: str) -> bool:
        """Makes this a line of that session and of no other. False when there is no such session."""
        self.unbind(line)
        with self._exclusive(sid):
            refused = self._bind_to(line, sid)
        if refused == StatusCode.INVALID_SESSION and (named := self._by_cookie(sid, line.address)):
            with self._exclusive(named):
                refused = self._bind_to(line, named)
        if refused == StatusCode.INVALID_SESSION:
            self._limits.wrong(line.address, self._clock())
        return not refused

    def unbind(self, line: StcpConnection) -> None:
        """The line is no longer one of its session, if it has one."""
        if sid := self._lines.remove(line):
            self._note_unbound(sid)

    def moved(self, sid: str, address: str) -> None:
        """The phone has a line at another process now."""
        if self._lines.close_address(sid, address):
            self._note_unbound(sid)

    def _by_cookie(self, cookie: str, address: str) -> str:
        """The one living session with this cookie, if its phone agreed on STCP and last came from this address."""
        living = []
        if self.cookies is None:
            return ""
        try:
            for sid in self.cookies.of_cookie(cookie)[:MAX_SESSIONS_PER_COOKIE]:
                with suppress(NoSession):
                    living.append((sid, *self._sessions.living_phone(sid)))
        except StoreDown:
            return ""
        if len(living) != 1:
            return ""
        sid, capabilities, last_address = living[0]
        good = "STCP" in capabilities.methods and last_address == address
        return sid if good else ""

    def _bind_to(self, line: StcpConnection, sid: str) -> int:
        """Looks the session up and makes this its line. Returns 0, or the code with which the session is over, 503 without
        Redis."""
        bound = None
        for _ in range(MAX_BIND_TRIES):
            try:
                bound = self._sessions.stcp_lines.bind(sid, self._channel, line.address)
                break
            except NoSession as error:
                return error.code
            except StoreDown:
                gevent.sleep(BIND_RETRY_SECONDS)
        if bound is None:
            return StatusCode.SERVICE_UNAVAILABLE
        session, waiting, last = bound
        line.talk.bound, line.version, line.cookie = sid, session.version, session.cookie or sid
        line.chunks, line.waiting = session.quirks.reads_chunks, waiting
        self._lines.add(line)
        self._note_bound(line, foreign=bool(last) and last != line.address)
        return 0

    def _note_bound(self, line: StcpConnection, foreign: bool) -> None:
        """Phones behind a WAP proxy look foreign as well: it is counted, and nothing is held against it (cir.md 11.1)."""
        if not line.known:
            line.known = True
            self._limits.unbound -= 1
        if foreign:
            FOREIGN_LINES.inc()
        log.info("stcp-bound", sid=short(line.talk.bound), peer=line.address, foreign=foreign)

    def _note_unbound(self, sid: str) -> None:
        """Takes the line out of the session, unless another one has come while we waited."""
        with self._exclusive(sid):
            if sid in self._lines:
                return
            try:
                self._sessions.stcp_lines.unbind(sid, self._channel)
            except StoreDown:
                log.warning("stcp-unbind-failed", sid=short(sid))
