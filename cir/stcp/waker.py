"""Writes WVCI to lines: not into an OK, not too often, and once more where no phone comes (cir.md 3.3)."""

from collections import deque
from collections.abc import Callable, Iterable

import gevent

from cir.metrics import WAKEUPS_SENT
from cir.stcp.connection import StcpConnection
from cir.stcp.protocol import wvci_line
from onesoup.csp.history_events import WakeOutcome
from onesoup.observability import history_notes, tracing
from onesoup.store.errors import StoreDown
from onesoup.store.session.gateway_side import GatewaySessionStore

STCP_WAKEUPS_SENT = WAKEUPS_SENT.labels("stcp", "sent")

# S60 takes anything that comes for the answer to HELO: a WVCI must not come in the same segment, nor soon after. A request that
# came OK_READ_SECONDS after the OK, and went away with nothing, shows that the OK was read.
CHUNK_READER_PAUSE_SECONDS, OK_READ_SECONDS = 3.0, 1.0
# For all other phones it is enough that the OK and the WVCI are not read in one go.
AFTER_OK_SECONDS = 0.1
# Redis tells in whole milliseconds when the phone last came: that much later it may have been.
ROUNDING_SECONDS = 0.002
# A phone that was woken, or has something in hand, gets this time to come by itself.
WAKEUP_GAP_SECONDS = 2.0
WAKEUP_REPEAT_SECONDS = 20.0
# Presence alone may wait for more of it (cir.md 10.3).
PRESENCE_DELAY_SECONDS = 5.0
MAX_WAKEUPS_PER_WAKE = 2


class LineWaker:
    """The timers of all lines of one process."""

    def __init__(self, sessions: GatewaySessionStore, channel: str, clock: Callable[[], float]) -> None:
        self._sessions, self._channel, self._clock = sessions, channel, clock
        # (when, for which wake, line), in the order of time, since all wait for as long.
        self._repeats: deque[tuple[float, float, StcpConnection]] = deque()
        self._repeater: gevent.Greenlet | None = None

    def wake(self, lines: Iterable[StcpConnection], kind: str, rested_ms: int | None) -> None:
        """Something waits for the phone of these lines: a message, or presence ("p"). It went away with nothing `rested_ms` ago;
        None: it has something in hand, and most likely comes before it has to be woken."""
        delay = max(PRESENCE_DELAY_SECONDS if kind == "p" else 0.0, WAKEUP_GAP_SECONDS if rested_ms is None else 0.0)
        for line in lines:
            line.sends = 0
            if rested_ms is not None:
                line.rested = self._clock() - rested_ms / 1000
            self.schedule(line, delay, check=False)

    def schedule(self, line: StcpConnection, delay: float, check: bool = True) -> None:
        """WVCI in `delay` seconds, or later where the line must be quiet. One timer for each line: the earlier time counts, so
        that a repeat far ahead does not hold up news. Without `check`, a wake-up that goes out at once is not looked up again:
        the store has just said that it is wanted."""
        now = self._clock()
        wait = max(delay, self._quiet_until(line) - now, 0.0)
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

    def is_wanted(self, sid: str) -> bool:
        """Whether a wake of this session is outstanding; a Redis that is away counts as yes."""
        try:
            return self._sessions.stcp_lines.wake_unanswered(sid, self._channel)
        except StoreDown:
            return True

    def _quiet_until(self, line: StcpConnection) -> float:
        """Until when nothing is to be written to the line."""
        unread = line.chunks and line.rested < line.ok_at + OK_READ_SECONDS
        ok = line.ok_at + (CHUNK_READER_PAUSE_SECONDS if unread else AFTER_OK_SECONDS)
        return max(ok, line.sent_at + WAKEUP_GAP_SECONDS if line.sent_at > line.rested + ROUNDING_SECONDS else 0.0)

    def _send(self, line: StcpConnection, check: bool) -> None:
        """Writes WVCI if it is still wanted, and plans the repeat for a phone that does not come."""
        line.timer = None
        sid = line.talk.bound
        if not sid:
            return
        if self._quiet_until(line) > self._clock():  # an OK has gone out since it was scheduled
            self.schedule(line, 0.0)
            return
        if check and not self.is_wanted(sid):
            return
        tracing.tell_session("wake", sid, bearer="stcp", times=line.sends + 1)
        self._write_wvci(line)
        line.sent_at, line.sends = self._clock(), line.sends + 1
        if line.sends < MAX_WAKEUPS_PER_WAKE:
            self._repeats.append((line.sent_at + WAKEUP_REPEAT_SECONDS, line.sent_at, line))
            if not self._repeater:
                self._repeater = gevent.spawn(self._repeat)

    def _write_wvci(self, line: StcpConnection) -> None:
        """The line nearly always takes it at once; only where it does not, a greenlet waits for it."""
        try:
            rest = line.write_now(wvci_line(line.version, line.cookie))
        except OSError:
            _fail(line)
            return
        if rest:
            gevent.spawn(self._write_slowly, line, rest)
        else:
            _note_sent(line)

    def _write_slowly(self, line: StcpConnection, data: bytes) -> None:
        try:
            line.write(data)
            _note_sent(line)
        except OSError:
            _fail(line)

    def _repeat(self) -> None:
        """Wakes again where no phone has come."""
        while self._repeats:
            at, sent_at, line = self._repeats[0]
            if (wait := at - self._clock()) > 0:
                gevent.sleep(wait)
                continue
            self._repeats.popleft()
            if line.sent_at == sent_at and line.talk.bound and line.timer is None:
                line.timer = gevent.spawn(self._send, line, True)
        self._repeater = None


def _note_sent(line: StcpConnection) -> None:
    STCP_WAKEUPS_SENT.inc()
    history_notes.note_wake(line.talk.bound, "stcp", WakeOutcome.SENT)


def _fail(line: StcpConnection) -> None:
    WAKEUPS_SENT.labels("stcp", "failed").inc()
    history_notes.note_wake(line.talk.bound, "stcp", WakeOutcome.FAILED, "the line is broken")
    line.hang_up()
