"""The STCP listener: phones keep a line to it, and it writes WVCI when their session has something for them (cir.md 3).

Its state in Redis is a registration of the process and its channel in each bound session; both are renewed or replaced when
the process dies. It never reads what waits."""

import os
import socket
import time
import uuid
from collections import deque
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

import gevent
import structlog
from gevent.lock import BoundedSemaphore
from prometheus_client import Counter, Gauge

from cir.stcp import proxy_protocol
from cir.stcp.limits import ConnectionLimits
from cir.stcp.protocol import OK, Act, Conversation, wvci
from onesoup.observability import tracing
from onesoup.observability.logs import short
from onesoup.runtime import scheduler
from onesoup.runtime.pace import Pace
from onesoup.runtime.turns import give_way
from onesoup.store.errors import NoSession, StoreDown
from onesoup.store.session.gateway_side import GatewaySessionStore
from onesoup.store.wakeup.cir_processes import CirProcesses
from onesoup.store.wakeup.wakes import WakeStore

log = structlog.get_logger()

WAKES = Counter("onesoup_cir_wakeups_total", "Wake-ups sent", ["bearer", "result"])
SENT = WAKES.labels("stcp", "sent")
BOUND = Gauge("onesoup_cir_connections", "STCP lines that are bound to a session")
REFUSED = Counter("onesoup_cir_refused_total", "STCP connections that were closed by a limit", ["reason"])
FOREIGN = Counter("onesoup_cir_foreign_total", "STCP lines from another address than the phone's last request")

HELO_SECONDS = 30.0
IDLE_SECONDS = 45 * 60.0
# The budget of a line: bytes a second, and at once. A phone says a few words in a minute.
LINE_BYTES, LINE_BURST = 256, 4096
# S60 reads whatever comes as the answer to HELO: a WVCI must not come in the same segment, nor soon after. A request that came
# so long behind the OK, and went away with nothing, shows that the OK was read.
AFTER_OK, READ_WITHIN = 3.0, 1.0
# Redis tells in whole milliseconds when the phone last came: that much later it may have been.
ROUNDING_SECONDS = 0.002
# For all others it is enough that they are not read in one go.
APART = 0.1
# A phone that was woken, or has something in hand, comes by itself; so long it is given for that.
GAP = 2.0
REPEAT = 20.0
# Presence alone may wait for more of it (cir.md 10.3).
PRESENCE = 5.0
MAX_SENDS = 2
# What a session is called that never was, and how many of one cookie are looked at.
UNKNOWN, MOST_ALIKE = 604, 20
MAX_LINES = 2
LINE_TTL_MS = 12_000
BEAT = scheduler.SECONDS
SEND_SECONDS = 10.0
# Beats in which every line is looked at once, for wakes that got lost without a sign: a look each 20 minutes. On a cluster, where
# news is a step of its own and whoever dies before it leaves no sign, each 5 minutes. After a connection that broke, all are
# looked at, so many with a beat.
TURNS, CLUSTER_TURNS, AT_ONCE = 400, 100, 1000


@dataclass(slots=True, eq=False)
class StcpConnection:
    """One connection of a phone. Times are of the monotonic clock."""

    sock: socket.socket
    address: str
    talk: Conversation = field(default_factory=Conversation)
    version: str = "1.2"
    cookie: str = ""
    # It reads chunks, not lines, and has something waiting for it when it is bound.
    chunks: bool = False
    waiting: bool = False
    # When the last OK and the last WVCI were written, and when the phone last went away with nothing to come back for.
    ok_at: float = 0.0
    sent_at: float = 0.0
    rested: float = 0.0
    sends: int = 0
    due: float = 0.0
    timer: gevent.Greenlet | None = None
    heard: float = 0.0
    # Whether it was ever bound: the guard counts those that were not.
    known: bool = False


class StcpServer:
    """All lines of this process, by session."""

    def __init__(
        self,
        sessions: GatewaySessionStore,
        lines: CirProcesses,
        clock: Callable[[], float] = time.monotonic,
        guard: ConnectionLimits | None = None,
        proxies: Container[str] = (),
        cookies: WakeStore | None = None,
        turns: int = TURNS,
    ) -> None:
        """`proxies` are addresses whose connections begin with a PROXY header; `cookies` knows sessions by their cookies, where
        phones may name those."""
        self._sessions, self._registry, self._clock = sessions, lines, clock
        self._guard, self._proxies, self._cookies = guard or ConnectionLimits(1_000_000, 1_000_000), proxies, cookies
        self.bearers: frozenset[str] = frozenset({"STCP"})
        self.channel = f"cir:{uuid.uuid4().hex}"
        self._lines: dict[str, list[StcpConnection]] = {}
        self._turns = turns
        self._unseen: list[str] = []
        self._hurry = False
        # (when, for which wake, line)
        self._repeats: deque[tuple[float, float, StcpConnection]] = deque()
        self._repeater: gevent.Greenlet | None = None
        # A lock lives as long as somebody holds it or waits for it.
        self._locks: WeakValueDictionary[str, BoundedSemaphore] = WeakValueDictionary()

    @contextmanager
    def _alone(self, sid: str) -> Iterator[None]:
        """Binding and unbinding of one session never overlap: a phone that dials again at once would lose its new line."""
        lock = self._locks.setdefault(sid, BoundedSemaphore(1))
        with lock:
            yield

    # --- connections ---

    def serve(self, sock: socket.socket, address: tuple[str, int]) -> None:
        """One connection, until it ends. Runs in a greenlet of its own."""
        _tune(sock)
        try:
            peer, rest = self._behind_proxy(sock, address[0])
        except (OSError, proxy_protocol.ProxyError):
            sock.close()
            return
        if refused := self._guard.enter(peer, self._clock()):
            REFUSED.labels(refused).inc()
            log.info("stcp-refused", reason=refused, peer=peer)
            sock.close()
            return
        line = StcpConnection(sock, peer, heard=self._clock())
        try:
            self._talk(line, rest)
        finally:
            self._guard.leave(peer, line.known)

    def _talk(self, line: StcpConnection, data: bytes) -> None:
        """Reads until either side has had enough."""
        helo_by, pace = self._clock() + HELO_SECONDS, Pace(LINE_BYTES, LINE_BURST)
        reason = "closed by the phone"
        try:
            while not data or not (reason := self._handle(line, data)):
                left = IDLE_SECONDS if line.talk.bound else helo_by - self._clock()
                data = self._receive(line.sock, left, pace)
                if not data:
                    reason = "closed by the phone"
                    break
        except TimeoutError:
            reason = "idle" if line.talk.bound else "no HELO in time"
        except OSError:
            reason = "reset"
        finally:
            self._forget(line)
            line.sock.close()
            log.debug("stcp-closed", reason=reason, peer=line.address)

    def _receive(self, sock: socket.socket, within: float, pace: Pace) -> bytes:
        """What has come. Whoever never stops gives others their turn, and waits when it has used up its budget."""
        if within <= 0:
            raise TimeoutError
        sock.settimeout(within)
        data = sock.recv(1024)
        give_way(min(pace.spend(len(data), self._clock()), within))
        return data

    def _behind_proxy(self, sock: socket.socket, address: str) -> tuple[str, bytes]:
        """The phone's own address, and what has come from it already."""
        if address not in self._proxies:
            return address, b""
        by, pace, data = self._clock() + HELO_SECONDS, Pace(LINE_BYTES, LINE_BURST), b""
        while (found := proxy_protocol.read(data)) is None:
            more = self._receive(sock, by - self._clock(), pace)
            if not more:
                raise proxy_protocol.ProxyError("closed")
            data += more
        return found[0] or address, data[found[1] :]

    def _handle(self, line: StcpConnection, data: bytes) -> str:
        """Answers what was read. Returns why to close, or ""."""
        line.heard = self._clock()
        for act, text in line.talk.feed(data):
            if act is Act.CLOSE:
                return text
            if act is Act.BIND and not self._guard.helo(line.address, line.heard):
                REFUSED.labels("too many HELOs").inc()
                return "too many HELOs"
            if act is Act.BIND and not self._bind(line, text):
                return "unknown session"
            line.ok_at = self._clock()
            self._write(line, OK)
            if line.waiting:
                line.waiting = False
                self._arm(line, 0.0)
        return ""

    def _bind(self, line: StcpConnection, sid: str) -> bool:
        """Makes this a line of that session and of no other."""
        self._forget(line)
        with self._alone(sid):
            refused = self._bind_alone(line, sid)
        if refused == UNKNOWN and (named := self._by_cookie(sid, line.address)):
            with self._alone(named):
                refused = self._bind_alone(line, named)
        if refused == UNKNOWN:
            self._guard.wrong(line.address, self._clock())
        return not refused

    def _by_cookie(self, cookie: str, address: str) -> str:
        """The one living session with this cookie, if its phone agreed on STCP and last came from this address (cir.md 3.2)."""
        living = []
        if self._cookies is None:
            return ""
        try:
            for sid in self._cookies.of_cookie(cookie)[:MOST_ALIKE]:
                with suppress(NoSession):
                    living.append((sid, *self._sessions.living_phone(sid)))
        except StoreDown:
            return ""
        if len(living) != 1:
            return ""
        sid, caps, last = living[0]
        good = "STCP" in caps.methods and last == address
        return sid if good else ""

    def _bind_alone(self, line: StcpConnection, sid: str) -> int:
        """Looks the session up and makes this its line. Returns 0, or the code with which it is over, 503 without Redis. A Redis
        that is away gets a few seconds."""
        bound = None
        for _ in range(5):
            try:
                bound = self._sessions.stcp_lines.bind(sid, self.channel, line.address)
                break
            except NoSession as error:
                return error.code
            except StoreDown:
                gevent.sleep(1.0)
        if bound is None:
            return 503
        session, waiting, last = bound
        line.talk.bound, line.version, line.cookie = sid, session.version, session.cookie or sid
        line.chunks, line.waiting = session.quirks.reads_chunks, waiting
        self._place(line)
        if not line.known:
            line.known = True
            self._guard.unbound -= 1
        # Phones behind a WAP proxy look so as well: it is counted, and nothing is held against it (cir.md 11.1).
        foreign = bool(last) and last != line.address
        if foreign:
            FOREIGN.inc()
        log.info("stcp-bound", sid=short(sid), peer=line.address, foreign=foreign)
        return 0

    def _place(self, line: StcpConnection) -> None:
        """A new line of the same address replaces the old one; of two addresses both stay and both are woken (cir.md 3.5)."""
        self._make_room(line.talk.bound, line.address)
        self._lines.setdefault(line.talk.bound, []).append(line)
        BOUND.inc()

    def _make_room(self, sid: str, address: str) -> None:
        """Closes the lines of an address ("*": all), and then the longest idle until there is room for one more."""
        others = self._lines.get(sid, [])
        stale = [each for each in others if address in (each.address, "*")]
        kept = sorted((each for each in others if each not in stale), key=lambda each: each.heard)
        stale += kept[: max(0, len(kept) - MAX_LINES + 1)]
        for each in stale:
            others.remove(each)
            BOUND.dec()
            each.talk.bound = ""
            gevent.spawn(_close, each.sock)

    def _moved(self, sid: str, address: str) -> None:
        """The phone has a line at another process now."""
        if sid not in self._lines:
            return
        self._make_room(sid, address)
        if not self._lines[sid]:
            del self._lines[sid]
            self._unbind(sid)

    def _forget(self, line: StcpConnection) -> None:
        sid = line.talk.bound
        lines = self._lines.get(sid)
        if not sid or lines is None or line not in lines:
            return
        lines.remove(line)
        BOUND.dec()
        line.talk.bound = ""
        if not lines:
            del self._lines[sid]
            self._unbind(sid)

    def _unbind(self, sid: str) -> None:
        """Takes the line out of the session, unless another one has come while we waited."""
        with self._alone(sid):
            if sid in self._lines:
                return
            try:
                self._sessions.stcp_lines.unbind(sid, self.channel)
            except StoreDown:
                log.warning("stcp-unbind-failed", sid=short(sid))

    def _write(self, line: StcpConnection, data: bytes) -> None:
        """A line is nearly always free to write at once, and then no clock has to be set."""
        with suppress(BlockingIOError):
            data = data[os.write(line.sock.fileno(), data) :]
        if data:
            with gevent.Timeout(SEND_SECONDS, OSError("phone does not read")):
                line.sock.sendall(data)

    # --- wake-ups ---

    def wake(self, _channel: str, data: bytes) -> None:
        """News of a session: something waits (m: a message, p: presence; behind a colon how many ms ago the phone went away with
        nothing), its phone has a line elsewhere, or it is over."""
        word, _, rest = data.decode("ascii", "replace").partition(" ")
        if word == "end":
            for line in self._lines.get(rest, ()):
                _close(line.sock)
        elif word == "moved":
            sid, _, address = rest.partition(" ")
            gevent.spawn(self._moved, sid, address)
        else:
            self._news(rest, *word.split(":", 1))

    def _news(self, sid: str, kind: str, rested: str = "") -> None:
        """Without a time the phone has something in hand, and most likely comes before we have to call it."""
        delay = max(PRESENCE if kind == "p" else 0.0, 0.0 if rested else GAP)
        for line in self._lines.get(sid, ()):
            line.sends = 0
            if rested:
                line.rested = self._clock() - int(rested) / 1000
            self._arm(line, delay, check=False)

    def _quiet(self, line: StcpConnection) -> float:
        """Until when nothing is to be written to the line."""
        long = line.chunks and line.rested < line.ok_at + READ_WITHIN
        ok = line.ok_at + (AFTER_OK if long else APART)
        return max(ok, line.sent_at + GAP if line.sent_at > line.rested + ROUNDING_SECONDS else 0.0)

    def _arm(self, line: StcpConnection, delay: float, check: bool = True) -> None:
        """One timer for each line: the earlier time counts, so that a repeat far ahead does not hold up news. Without `check`
        what goes out at once is not looked up again: the store has just said so."""
        now = self._clock()
        wait = max(delay, self._quiet(line) - now, 0.0)
        if line.timer is not None:
            if line.due <= now + wait:
                return
            line.timer.kill(block=False)
            line.timer = None
        if wait or check:
            line.due = now + wait
            line.timer = gevent.spawn_later(wait, self._send, line, True)
        else:
            self._send(line, False)

    def _send(self, line: StcpConnection, check: bool) -> None:
        """Writes WVCI if it is still wanted, and sees to it that the phone's coming is looked for."""
        line.timer = None
        sid = line.talk.bound
        if not sid:
            return
        if self._quiet(line) > self._clock():  # an OK has gone out since it was armed
            self._arm(line, 0.0)
            return
        if check and not self._wanted(sid):
            return
        tracing.tell_session("wake", sid, bearer="stcp", times=line.sends + 1)
        self._ring(line)
        line.sent_at, line.sends = self._clock(), line.sends + 1
        if line.sends < MAX_SENDS:
            self._repeats.append((line.sent_at + REPEAT, line.sent_at, line))
            if not self._repeater:
                self._repeater = gevent.spawn(self._repeat)

    def _ring(self, line: StcpConnection) -> None:
        """The line is nearly always free to write at once; only where it is not, somebody waits for it."""
        data = wvci(line.version, line.cookie)
        try:
            sent = os.write(line.sock.fileno(), data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._broken(line)
            return
        if sent < len(data):
            gevent.spawn(self._ring_slowly, line, data[sent:])
        else:
            SENT.inc()

    def _ring_slowly(self, line: StcpConnection, data: bytes) -> None:
        try:
            self._write(line, data)
            SENT.inc()
        except OSError:
            self._broken(line)

    def _broken(self, line: StcpConnection) -> None:
        WAKES.labels("stcp", "failed").inc()
        _close(line.sock)

    def _repeat(self) -> None:
        """Rings again where nobody has come. The queue is in the order of time, since all wait for as long."""
        while self._repeats:
            at, sent_at, line = self._repeats[0]
            if (wait := at - self._clock()) > 0:
                gevent.sleep(wait)
                continue
            self._repeats.popleft()
            if line.sent_at == sent_at and line.talk.bound and line.timer is None:
                line.timer = gevent.spawn(self._send, line, True)
        self._repeater = None

    def _wanted(self, sid: str) -> bool:
        try:
            return self._sessions.stcp_lines.wake_unanswered(sid, self.channel)
        except StoreDown:
            return True

    # --- upkeep ---

    def beat(self) -> None:
        """Keeps the registration alive and finds wakes that pub/sub lost."""
        self._guard.sweep(self._clock())
        some = self._some()
        _, woken = scheduler.together(
            lambda: self._registry.register(self.channel, LINE_TTL_MS, self.bearers),
            lambda: self._sessions.stcp_lines.woken(some),
        )
        for sid in woken:
            idle = [line for line in self._lines.get(sid, ()) if line.timer is None and line.sends == 0]
            if idle and self._sessions.stcp_lines.wake_unanswered(sid, self.channel):
                for line in idle:
                    self._arm(line, 0.0)

    def gap(self) -> None:
        """News may have been lost: all lines are looked at with the next beats."""
        self._unseen, self._hurry = list(self._lines), True

    def _some(self) -> list[str]:
        """The sessions to look at now: a part of all of them, so that each has its turn."""
        if not self._unseen:
            self._unseen, self._hurry = list(self._lines), False
        count = AT_ONCE if self._hurry else -(-len(self._lines) // self._turns)
        taken, self._unseen = self._unseen[:count], self._unseen[count:]
        return taken

    def close(self) -> None:
        self._registry.leave(self.channel)
        for lines in list(self._lines.values()):
            for line in list(lines):
                _close(line.sock)


def _tune(sock: socket.socket) -> None:
    """Short lines go out at once; a phone that is gone without a word is noticed (cir.md 3.4)."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", 600), ("TCP_KEEPINTVL", 60), ("TCP_KEEPCNT", 5), ("TCP_USER_TIMEOUT", 120_000)):
        if hasattr(socket, option):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


def _close(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
