"""The STCP listener: phones keep a line to it, and it writes WVCI when their session has something for them (cir.md 3).

Its state in Redis is a registration of the process and its channel in each bound session; both are renewed or replaced when
the process dies. It never reads what waits. A line is bound by `binding`, and written to by `waker`."""

import socket
import time
import uuid
from collections.abc import Callable, Container

import gevent
import structlog
from prometheus_client import Counter

from cir.stcp import proxy_protocol
from cir.stcp.binding import LineBinder
from cir.stcp.connection import StcpConnection, new_pace, receive, tune
from cir.stcp.limits import ConnectionLimits
from cir.stcp.line_table import LineTable
from cir.stcp.protocol import OK_LINE, StcpAction
from cir.stcp.waker import LineWaker
from onesoup.observability.operator_orders import OperatorOrders
from onesoup.runtime import scheduler
from onesoup.store.blocks import BlockList
from onesoup.store.session.gateway_side import GatewaySessionStore
from onesoup.store.wakeup.cir_processes import CirProcesses
from onesoup.store.wakeup.wakes import WakeStore

log = structlog.get_logger()

STCP_REFUSED = Counter("onesoup_cir_refused_total", "STCP connections that were closed by a limit", ["reason"])

HELO_DEADLINE_SECONDS = 30.0
LINE_IDLE_SECONDS = 45 * 60.0
# How often the process says that it lives, and for how long that holds.
STCP_UPKEEP_SECONDS, REGISTRATION_TTL_MS = scheduler.TASK_SECONDS, 12_000
# Upkeeps in which every line is checked once, for wakes that got lost without a sign: each line every 20 minutes. On a cluster,
# where news is a step of its own and a sender that dies before it leaves no sign, every 5 minutes. After a connection that broke,
# all are checked, MAX_LINES_CHECKED with each upkeep.
UPKEEPS_PER_ROUND, CLUSTER_UPKEEPS_PER_ROUND, MAX_LINES_CHECKED = 400, 100, 1000
# A host that drains is registered with this in the place of STCP: it lives, and no phone shall agree on a line to it.
DRAINING_BEARER = "draining"
# Its lines go with so many upkeeps, half a minute, and so many with each at least.
UPKEEPS_OF_A_DRAIN, LEAST_LINES_ENDED = 10, 20


class StcpServer:
    """All lines of this process."""

    def __init__(
        self,
        sessions: GatewaySessionStore,
        registry: CirProcesses,
        clock: Callable[[], float] = time.monotonic,
        limits: ConnectionLimits | None = None,
        proxies: Container[str] = (),
        cookies: WakeStore | None = None,
        upkeeps_per_round: int = UPKEEPS_PER_ROUND,
        orders: OperatorOrders | None = None,
    ) -> None:
        """`proxies` are addresses whose connections begin with a PROXY header; `cookies` knows sessions by their cookies, where
        phones may name those; `orders` are those of operators."""
        self._sessions, self._registry, self._clock, self._proxies = sessions, registry, clock, proxies
        self.limits = limits or ConnectionLimits(1_000_000, 1_000_000)
        self.bearers: frozenset[str] = frozenset({"STCP"})
        self.channel = f"cir:{uuid.uuid4().hex}"
        self.lines = LineTable()
        self.binder = LineBinder(sessions, self.channel, self.lines, self.limits, clock, cookies)
        self._waker = LineWaker(sessions, self.channel, clock)
        self._round = upkeeps_per_round
        self._unchecked: list[str] = []
        self._hurry = False
        # Operators' blocks, and whether this host is being taken out of service.
        self.orders = orders
        self._had = 0

    # --- connections ---

    def serve(self, sock: socket.socket, address: tuple[str, int]) -> None:
        """One connection, until it ends. Runs in a greenlet of its own."""
        tune(sock)
        try:
            peer, rest = self._behind_proxy(sock, address[0])
        except (OSError, proxy_protocol.ProxyError):
            sock.close()
            return
        if refused := self._unwanted(peer) or self.limits.enter(peer, self._clock()):
            STCP_REFUSED.labels(refused).inc()
            log.info("stcp-refused", reason=refused, peer=peer)
            sock.close()
            return
        line = StcpConnection(sock, peer, heard=self._clock())
        try:
            self._talk(line, rest)
        finally:
            self.limits.leave(peer, line.known)

    @property
    def leaving(self) -> bool:
        """Whether lines go to other processes."""
        return self.orders is not None and self.orders.draining

    def left(self) -> tuple[int, int] | None:
        """How many lines are left, of how many; None while they stay here."""
        if not self.leaving:
            self._had = 0
            return None
        self._had = max(self._had, len(self.lines))
        return len(self.lines), self._had

    def _unwanted(self, peer: str) -> str:
        """Why no connection of this address is taken, or ""."""
        if self.orders is None:
            return ""
        if self.orders.draining:
            return "draining"
        return "" if self.orders.admits(peer) else "blocked by the operator"

    def on_orders(self) -> None:
        """Lines of addresses that are blocked now end. Those of a host that drains go with the next upkeeps."""
        blocks = self.orders.blocks if self.orders is not None else BlockList()
        if blocks.has_addresses:
            for line in self.lines.all():
                if blocks.of_address(line.address, time.time()):
                    line.hang_up()

    def _let_go(self) -> None:
        """Ends a part of the lines: their phones dial again, and reach another process."""
        _, had = self.left() or (0, 0)
        for line in list(self.lines.all())[: max(had // UPKEEPS_OF_A_DRAIN, LEAST_LINES_ENDED)]:
            line.hang_up()

    def _talk(self, line: StcpConnection, data: bytes) -> None:
        """Reads until either side has had enough."""
        helo_by, pace = self._clock() + HELO_DEADLINE_SECONDS, new_pace()
        reason = "closed by the phone"
        try:
            while not data or not (reason := self._handle(line, data)):
                left = LINE_IDLE_SECONDS if line.talk.bound else helo_by - self._clock()
                data = receive(line.sock, left, pace, self._clock)
                if not data:
                    reason = "closed by the phone"
                    break
        except TimeoutError:
            reason = "idle" if line.talk.bound else "no HELO in time"
        except OSError:
            reason = "reset"
        finally:
            self.binder.unbind(line)
            line.sock.close()
            log.debug("stcp-closed", reason=reason, peer=line.address)

    def _behind_proxy(self, sock: socket.socket, address: str) -> tuple[str, bytes]:
        """The phone's own address, and what has come from it already."""
        if address not in self._proxies:
            return address, b""
        by, pace, data = self._clock() + HELO_DEADLINE_SECONDS, new_pace(), b""
        while (found := proxy_protocol.read_proxy_header(data)) is None:
            more = receive(sock, by - self._clock(), pace, self._clock)
            if not more:
                raise proxy_protocol.ProxyError("closed")
            data += more
        return found[0] or address, data[found[1] :]

    def _handle(self, line: StcpConnection, data: bytes) -> str:
        """Answers what was read. Returns why to close, or ""."""
        line.heard = self._clock()
        for action, text in line.talk.feed(data):
            if action is StcpAction.CLOSE:
                return text
            if action is StcpAction.BIND and not self.limits.helo(line.address, line.heard):
                STCP_REFUSED.labels("too many HELOs").inc()
                return "too many HELOs"
            if action is StcpAction.BIND and not self.binder.bind(line, text):
                return "unknown session"
            line.ok_at = self._clock()
            line.write(OK_LINE)
            if line.waiting:
                line.waiting = False
                self._waker.schedule(line, 0.0)
        return ""

    # --- wake-ups ---

    def wake(self, _channel: str, data: bytes) -> None:
        """News of a session: something waits (m: a message, p: presence; behind a colon how many ms ago the phone went away with
        nothing), its phone has a line elsewhere, or it is over."""
        word, _, rest = data.decode("ascii", "replace").partition(" ")
        if word == "end":
            for line in self.lines.of(rest):
                line.hang_up()
        elif word == "moved":
            sid, _, address = rest.partition(" ")
            gevent.spawn(self.binder.moved, sid, address)
        else:
            kind, _, rested = word.partition(":")
            self._waker.wake(self.lines.of(rest), kind, int(rested) if rested else None)

    # --- upkeep ---

    def upkeep(self) -> None:
        """Keeps the registration alive and finds wakes that pub/sub lost. Run each STCP_UPKEEP_SECONDS."""
        self.limits.sweep(self._clock())
        if self.leaving:
            self._let_go()
        some = self._next_to_check()
        bearers = self.bearers - {"STCP"} | {DRAINING_BEARER} if self.leaving else self.bearers
        _, woken = scheduler.run_together(
            lambda: self._registry.register(self.channel, REGISTRATION_TTL_MS, bearers),
            lambda: self._sessions.stcp_lines.woken(some),
        )
        for sid in woken:
            idle = [line for line in self.lines.of(sid) if line.timer is None and line.sends == 0]
            if idle and self._sessions.stcp_lines.wake_unanswered(sid, self.channel):
                for line in idle:
                    self._waker.schedule(line, 0.0)

    def on_gap(self) -> None:
        """News may have been lost: all lines are checked with the next upkeeps."""
        self._unchecked, self._hurry = self.lines.sids(), True

    def _next_to_check(self) -> list[str]:
        """The sessions to check now: a part of all of them, so that each has its turn."""
        if not self._unchecked:
            self._unchecked, self._hurry = self.lines.sids(), False
        count = MAX_LINES_CHECKED if self._hurry else -(-len(self.lines) // self._round)
        taken, self._unchecked = self._unchecked[:count], self._unchecked[count:]
        return taken

    def close(self) -> None:
        self._registry.leave(self.channel)
        for line in self.lines.all():
            line.hang_up()
