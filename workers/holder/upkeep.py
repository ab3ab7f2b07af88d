"""Periodic checks: sessions that expire, phones that fall idle, streams that fall silent. A session that rests costs nothing."""

import time
from contextlib import suppress

import gevent

from onesoup.observability.bugs import log_bug
from onesoup.runtime import scheduler
from onesoup.runtime.scheduler import PeriodicTask
from onesoup.store.errors import Fenced, StoreDown
from onesoup.store.session.session_values import SessionStatus
from workers.holder.session.idle import IDLE_MS
from workers.holder.session.services import HolderServices
from workers.holder.session.session import XmppSession
from workers.holder.sessions import SessionTable

# What is due within this time is done in one tick.
MIN_TICK_SECONDS = 1.0
# How often a session at rest is checked. All that is known to come has a time of its own, and changes are announced: this is for
# cases that no one has thought of. Sessions at rest are checked together, once in SHARED_CHECK_SECONDS.
MAX_CHECK_SECONDS, SHARED_CHECK_SECONDS = 3600.0, 60.0
# The next check when Redis did not answer, and while messages of an ended session wait for a server that is away.
STORE_DOWN_CHECK_SECONDS, ENDED_CHECK_SECONDS = 5.0, scheduler.TASK_SECONDS
# How long an ended session is kept while such messages wait.
ENDED_KEPT_SECONDS = 600.0
# Sessions that are asked for in one round trip.
MAX_SESSIONS_CHECKED = 100


class TickTimer:
    """When the next tick comes. Times are of the monotonic clock, seconds."""

    def __init__(self) -> None:
        self._task: PeriodicTask | None = None
        self._last = 0.0

    def start(self, task: PeriodicTask) -> None:
        self._task = task
        task.by(0.0)

    def began(self, now: float) -> None:
        self._last = now

    def by(self, when: float) -> None:
        """A tick at `when` or earlier, but not sooner than MIN_TICK_SECONDS after the last one. Does nothing before start()."""
        if self._task is not None:
            self._task.by(max(when, self._last + MIN_TICK_SECONDS))


class SessionUpkeep:
    """Checks the sessions and streams of one holder when something may be due for them."""

    def __init__(self, services: HolderServices, sessions: SessionTable, timer: TickTimer) -> None:
        self._services, self._sessions, self._timer = services, sessions, timer
        # SessionID -> when it was seen to be over, for those that still have messages to send.
        self._ended: dict[str, float] = {}

    def start(self) -> PeriodicTask:
        """The task that ticks."""
        task = scheduler.when(self.tick)
        self._timer.start(task)
        return task

    def forget(self, session: XmppSession) -> None:
        """The session is not here any more."""
        self._services.agenda.drop(session)
        self._ended.pop(session.sid, None)

    def tick(self) -> None:
        """Checks the sessions whose time has come, and asks silent streams for a sign of life."""
        now = time.monotonic()
        self._timer.began(now)
        due = [each for each in self._services.agenda.due(now) if not each.closing]
        for start in range(0, len(due), MAX_SESSIONS_CHECKED):
            gevent.spawn(self.check_sessions, due[start : start + MAX_SESSIONS_CHECKED])
        watch = self._services.options.watch
        streams = watch.turn(now)
        for stream in streams.silent:
            stream.give_up()
        for stream in streams.ask:
            stream.probe()
        self._timer.by(min(self._services.agenda.next(), watch.next()))

    def check_sessions(self, due: list[XmppSession]) -> None:
        """Reads the status of these sessions together; what is to be done is done for each alone."""
        sids, before = [each.sid for each in due], time.monotonic()
        try:
            found = self._services.feed.status_all(sids)
        except Exception as error:  # every session is checked again, also after a mistake of ours
            if not isinstance(error, StoreDown):
                log_bug(error)
            for session in due:
                session.schedule.check_in(STORE_DOWN_CHECK_SECONDS)
            return
        after = time.monotonic()
        for session, sid, status in zip(due, sids, found, strict=True):
            if self._sessions.get(sid) is not session:
                continue
            jumped_ms, judged = session.lifetime.judge(status, before, after)
            if jumped_ms:
                gevent.spawn(self._move_times, session, sid, jumped_ms)
            else:
                self._act_on(session, sid, judged)

    def _move_times(self, session: XmppSession, sid: str, jumped_ms: int) -> None:
        """Redis's clock has jumped: the times of the session move with it."""
        with suppress(StoreDown, Fenced):
            self._services.feed.shift_times(sid, session.fence, jumped_ms)
        session.schedule.check_now()

    def _act_on(self, session: XmppSession, sid: str, status: SessionStatus) -> None:
        if status.code is not None:
            gevent.spawn(self._end, session, sid, status.code)
            return
        if session.concerns(status):
            gevent.spawn(self._attend, session, status)
        session.schedule.check_in(_seconds_to_next_check(session, status))

    def _attend(self, session: XmppSession, status: SessionStatus) -> None:
        """A phone that is idle, messages that are not valid any more, rooms that are silent."""
        try:
            session.idle.quiet(status.quiet)
            if status.valid == 0:
                session.report_overdue()
            session.rooms.checks.probe_rooms()
        except StoreDown:
            session.schedule.check_by(time.monotonic() + STORE_DOWN_CHECK_SECONDS)

    def _end(self, session: XmppSession, sid: str, code: int) -> None:
        """Ends a session that is over, once its last messages are sent."""
        since = self._ended.setdefault(sid, time.monotonic())
        try:
            waits = bool(self._services.feed.outbox.commands(sid, 1))
        except StoreDown:
            waits = True
        if waits and time.monotonic() - since < ENDED_KEPT_SECONDS:
            session.outbox.wake()
            session.schedule.check_in(ENDED_CHECK_SECONDS)
            return
        session.end(code, polite=True, sid=sid)


def _seconds_to_next_check(session: XmppSession, status: SessionStatus) -> float:
    until_idle = IDLE_MS - status.quiet if status.quiet >= 0 else 0
    soon = (ms / 1000 + 0.5 for ms in (status.left, status.valid, until_idle) if ms > 0)
    rest = session.schedule.rest(MAX_CHECK_SECONDS)
    rest += SHARED_CHECK_SECONDS - (time.monotonic() + rest) % SHARED_CHECK_SECONDS
    return min([rest, session.rooms.table.seconds_until_silent(), *soon])
