"""The CIR process: phones keep an STCP line to it, and it writes WVCI when their session has something for them.

Its state in Redis is a registration of the process and the channel in each bound session; both are renewed or replaced when
the process dies. It never reads what waits.
"""

from gevent import monkey

monkey.patch_all()

import signal  # noqa: E402
import socket  # noqa: E402
import time  # noqa: E402
import uuid  # noqa: E402
from collections.abc import Callable, Iterator  # noqa: E402
from contextlib import contextmanager  # noqa: E402
from dataclasses import dataclass, field  # noqa: E402
from weakref import WeakValueDictionary  # noqa: E402

import gevent  # noqa: E402
import structlog  # noqa: E402
from gevent.event import Event  # noqa: E402
from gevent.lock import BoundedSemaphore  # noqa: E402
from gevent.server import StreamServer  # noqa: E402
from prometheus_client import Counter, Gauge  # noqa: E402

from cir.lines import OK, Act, Conversation, wvci  # noqa: E402
from onesoup import admin  # noqa: E402
from onesoup.handlers.records import unpack_session  # noqa: E402
from onesoup.logs import short  # noqa: E402
from onesoup.settings import Settings, SettingsError  # noqa: E402
from onesoup.store.channels import Subscriber  # noqa: E402
from onesoup.store.client import connect  # noqa: E402
from onesoup.store.errors import NoSession, StoreDown  # noqa: E402
from onesoup.store.lines import Lines  # noqa: E402
from onesoup.store.sessions import Sessions  # noqa: E402

log = structlog.get_logger()

WAKES = Counter("onesoup_cir_wakeups_total", "Wake-ups sent", ["bearer", "result"])
BOUND = Gauge("onesoup_cir_connections", "STCP lines that are bound to a session")

HELO_SECONDS = 30.0
IDLE_SECONDS = 45 * 60.0
# S60 reads whatever comes as the answer to HELO: a WVCI must not come in the same segment, nor soon after.
AFTER_OK = 3.0
GAP = 2.0
REPEAT = 20.0
MAX_SENDS = 2
MAX_LINES = 2
LINE_TTL_MS = 12_000
BEAT = 4.0
# How the store says that a session is over.
ENDED = "end "
SEND_SECONDS = 10.0


@dataclass(slots=True, eq=False)
class Line:
    """One connection of a phone. Times are of the monotonic clock."""

    sock: socket.socket
    address: str
    talk: Conversation = field(default_factory=Conversation)
    version: str = "1.2"
    cookie: str = ""
    quiet_until: float = 0.0
    sent_at: float = 0.0
    sends: int = 0
    due: float = 0.0
    timer: gevent.Greenlet | None = None


class StcpServer:
    """All lines of this process, by session."""

    def __init__(self, sessions: Sessions, lines: Lines, clock: Callable[[], float] = time.monotonic) -> None:
        self._sessions, self._registry, self._clock = sessions, lines, clock
        self.channel = f"cir:{uuid.uuid4().hex}"
        self._lines: dict[str, list[Line]] = {}
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
        line = Line(sock, address[0])
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 120_000)
        helo_by = self._clock() + HELO_SECONDS
        reason = "closed by the phone"
        try:
            while True:
                sock.settimeout(IDLE_SECONDS if line.talk.bound else max(helo_by - self._clock(), 0.01))
                data = sock.recv(1024)
                if not data or (reason := self._handle(line, data)):
                    break
        except TimeoutError:
            reason = "idle" if line.talk.bound else "no HELO in time"
        except OSError:
            reason = "reset"
        finally:
            self._forget(line)
            sock.close()
            log.debug("stcp-closed", reason=reason, peer=line.address)

    def _handle(self, line: Line, data: bytes) -> str:
        """Answers what was read. Returns why to close, or ""."""
        for act, text in line.talk.feed(data):
            if act is Act.CLOSE:
                return text
            if act is Act.BIND and not self._bind(line, text):
                return "unknown session"
            line.quiet_until = self._clock() + AFTER_OK
            self._write(line, OK)
        return ""

    def _bind(self, line: Line, sid: str) -> bool:
        """Makes this a line of that session and of no other."""
        self._forget(line)
        with self._alone(sid):
            return self._bind_alone(line, sid)

    def _bind_alone(self, line: Line, sid: str) -> bool:
        """Looks the session up and makes this its line. A Redis that is away gets a few seconds."""
        record, waiting = None, False
        for _ in range(5):
            try:
                record, waiting = self._sessions.bind_line(sid, self.channel)
                break
            except NoSession:
                return False
            except StoreDown:
                gevent.sleep(1.0)
        if record is None:
            return False
        session = unpack_session(record)
        line.talk.bound, line.version, line.cookie = sid, session.version, session.cookie or sid
        self._place(line)
        log.info("stcp-bound", sid=short(sid), peer=line.address)
        if waiting:
            self._arm(line, AFTER_OK)
        return True

    def _place(self, line: Line) -> None:
        """A new line of the same address replaces the old one; of two addresses both stay and both are woken (cir.md 3.5)."""
        others = self._lines.setdefault(line.talk.bound, [])
        stale = [each for each in others if each.address == line.address]
        stale += [each for each in others if each not in stale][: max(0, len(others) - len(stale) - MAX_LINES + 1)]
        for each in stale:
            others.remove(each)
            each.talk.bound = ""
            gevent.spawn(_close, each.sock)
        others.append(line)
        BOUND.set(sum(map(len, self._lines.values())))

    def _forget(self, line: Line) -> None:
        sid = line.talk.bound
        lines = self._lines.get(sid)
        if not sid or lines is None or line not in lines:
            return
        lines.remove(line)
        line.talk.bound = ""
        if not lines:
            del self._lines[sid]
            self._unbind(sid)
        BOUND.set(sum(map(len, self._lines.values())))

    def _unbind(self, sid: str) -> None:
        """Takes the line out of the session, unless another one has come while we waited."""
        with self._alone(sid):
            if sid in self._lines:
                return
            try:
                self._sessions.unbind_line(sid, self.channel)
            except StoreDown:
                log.warning("stcp-unbind-failed", sid=short(sid))

    def _write(self, line: Line, data: bytes) -> None:
        with gevent.Timeout(SEND_SECONDS, OSError("phone does not read")):
            line.sock.sendall(data)

    # --- wake-ups ---

    def wake(self, _channel: str, data: bytes) -> None:
        """Something waits in a session: its lines are told, each after its quiet time. Or it is over: they are closed."""
        sid = data.decode("ascii", "replace")
        if sid.startswith(ENDED):
            for line in self._lines.get(sid.removeprefix(ENDED), ()):
                _close(line.sock)
            return
        for line in self._lines.get(sid, ()):
            line.sends = 0
            self._arm(line, 0.0)

    def _arm(self, line: Line, delay: float) -> None:
        """One timer for each line: the earlier time counts, so that a repeat far ahead does not hold up news."""
        now = self._clock()
        wait = max(delay, line.quiet_until - now, line.sent_at + GAP - now if line.sent_at else 0.0, 0.0)
        if line.timer is not None:
            if line.due <= now + wait:
                return
            line.timer.kill(block=False)
        line.due = now + wait
        line.timer = gevent.spawn_later(wait, self._send, line) if wait else gevent.spawn(self._send, line)

    def _send(self, line: Line) -> None:
        """Writes WVCI if it is still wanted, and looks again later whether the phone came."""
        line.timer = None
        sid = line.talk.bound
        if not sid:
            return
        if line.quiet_until > self._clock():
            self._arm(line, 0.0)
            return
        try:
            wanted = self._sessions.wake_unanswered(sid, self.channel)
        except StoreDown:
            wanted = True
        if not wanted:
            return
        try:
            self._write(line, wvci(line.version, line.cookie))
        except OSError:
            WAKES.labels("stcp", "failed").inc()
            _close(line.sock)
            return
        WAKES.labels("stcp", "sent").inc()
        line.sent_at, line.sends = self._clock(), line.sends + 1
        if line.sends < MAX_SENDS:
            self._arm(line, REPEAT)

    # --- upkeep ---

    def beat(self) -> None:
        """Keeps the registration alive and finds wakes that pub/sub lost."""
        self._registry.register(self.channel, LINE_TTL_MS)
        for sid, lines in list(self._lines.items()):
            idle = [line for line in lines if line.timer is None and line.sends == 0]
            if idle and self._sessions.wake_unanswered(sid, self.channel):
                for line in idle:
                    self._arm(line, 0.0)

    def close(self) -> None:
        self._registry.leave(self.channel)
        for lines in list(self._lines.values()):
            for line in list(lines):
                _close(line.sock)


def _close(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def main(settings: Settings) -> int:
    """Runs until SIGTERM or SIGINT."""
    stopping = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, stopping.set)
    client = connect(settings.redis_url)
    stcp = StcpServer(Sessions(client), Lines(client))
    subscriber = Subscriber(settings.redis_url, stcp.wake, on_gap=lambda: None)
    subscriber.want([stcp.channel])
    gevent.spawn(subscriber.run)
    server = StreamServer((settings.stcp_bind, settings.stcp_port), stcp.serve, backlog=1024)
    try:
        server.start()
    except OSError as error:
        raise SettingsError(f"ONESOUP_STCP_PORT={settings.stcp_port}: {error.strerror}") from None

    def redis() -> object:
        return client.ping()

    def subscribed() -> object:
        return subscriber.connected

    admin.start(settings, "cir", [redis, subscribed])
    log.info("listening", bearer="stcp", host=settings.stcp_bind, port=settings.stcp_port)
    while True:
        try:
            stcp.beat()
        except StoreDown as error:
            log.warning("store-down", reason=str(error))
        if stopping.wait(BEAT):
            break
    server.stop(timeout=0)
    try:
        stcp.close()
    except StoreDown:
        log.warning("store-down", reason="registration stays until it expires")
    return 0
