"""Notes what happens to users, for `onesoup history`, and writes it to Redis every few seconds.

Nobody waits here for Redis: what cannot be written waits in memory, where it is limited, and is dropped when it is too much. A
process that is killed loses the notes of a few seconds."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import gevent
import redis
import structlog

from onesoup.csp.history_events import (
    EndReason,
    HistoryEvent,
    HistoryKind,
    UndeliveredReason,
    WakeOutcome,
    history_sameness,
)
from onesoup.observability.bugs import log_bug
from onesoup.observability.logs import short
from onesoup.runtime import scheduler
from onesoup.store.account.keyring import KeyRing
from onesoup.store.errors import StoreDown
from onesoup.store.history import History, HistoryNote
from onesoup.store.session.session_records import SessionRecords

log = structlog.get_logger()

# Events that wait to be written, those that took a password apart from those that did not; sessions with wake-ups that wait.
MOST_WAITING_NOTES, MOST_WAITING_FAILURES, MOST_WAITING_WAKES = 2000, 1000, 10_000
# How much is written at a time, 100 take 6 ms of CPU, and with one flush: a busy process writes the rest with the next one.
NOTES_AT_ONCE, MOST_NOTES_WRITTEN, MOST_WAKES_WRITTEN = 100, 400, 200
LAST_WRITE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class _Wake:
    """Wake-ups of one session by one bearer, with one outcome. Whose they are, is looked up when they are written."""

    sid: str
    bearer: str
    outcome: WakeOutcome
    why: str


class HistoryNotes:
    """Of one process. `clock` counts seconds since 1970."""

    def __init__(self, history: History, sessions: SessionRecords, clock: Callable[[], float] = time.time) -> None:
        self._history, self._sessions, self._clock = history, sessions, clock
        self._proved: dict[object, HistoryNote] = {}
        self._failed: dict[object, HistoryNote] = {}
        # When first, when last, how often.
        self._wakes: dict[_Wake, tuple[int, int, int]] = {}

    def note(self, note: HistoryNote) -> None:
        """Never fails, never waits."""
        waiting, most = (self._proved, MOST_WAITING_NOTES) if note.event.proved else (self._failed, MOST_WAITING_FAILURES)
        name, event = (history_sameness(note.event), note.place, note.login), note.event
        if (before := waiting.get(name)) is not None:
            first, times = min(before.event.first, event.first), before.event.times + event.times
            note = replace(note, event=replace(event, first=first, last=max(before.event.last, event.last), times=times))
        elif len(waiting) >= most:
            return
        waiting[name] = note

    def wake(self, sid: str, bearer: str, outcome: WakeOutcome, why: str = "") -> None:
        """Counts a wake-up of a session."""
        now = int(self._clock())
        self._count(_Wake(sid, bearer, outcome, why), now, now, 1)

    def _count(self, wake: _Wake, first: int, last: int, times: int) -> None:
        before = self._wakes.get(wake)
        if before is not None:
            self._wakes[wake] = min(before[0], first), max(before[1], last), before[2] + times
        elif len(self._wakes) < MOST_WAITING_WAKES:
            self._wakes[wake] = first, last, times

    def flush(self) -> None:
        """Writes what waits, the oldest first. StoreDown leaves it waiting."""
        for waiting in (self._proved, self._failed):
            for _ in range(MOST_NOTES_WRITTEN // NOTES_AT_ONCE):
                self._write_some(waiting)
        wakes = [(wake, self._wakes.pop(wake)) for wake in list(self._wakes)[:MOST_WAKES_WRITTEN]]
        try:
            self._write(self._woken(wakes))
        except StoreDown:
            for wake, counted in wakes:
                self._count(wake, *counted)
            raise

    def _write_some(self, waiting: dict[object, HistoryNote]) -> None:
        notes = [waiting.pop(name) for name in list(waiting)[:NOTES_AT_ONCE]]
        try:
            self._write(notes)
        except StoreDown:
            for note in notes:
                self.note(note)
            raise

    def _write(self, notes: list[HistoryNote]) -> None:
        """StoreDown. What fails for another reason would fail again: it is left out."""
        try:
            if notes:
                self._history.add(notes, int(self._clock()))
        except StoreDown:
            raise
        except Exception as error:
            log_bug(error)

    def _woken(self, wakes: list[tuple[_Wake, tuple[int, int, int]]]) -> list[HistoryNote]:
        sids = list(dict.fromkeys(wake.sid for wake, _ in wakes))
        owners = dict(zip(sids, self._sessions.sessions(sids), strict=True))
        notes = []
        for wake, (first, last, times) in wakes:
            if (owner := owners[wake.sid]) is not None:
                event = HistoryEvent(
                    HistoryKind.WAKE,
                    first,
                    last,
                    times,
                    owner.jid,
                    session=short(wake.sid),
                    handset=owner.handset,
                    bearer=wake.bearer,
                    reason=wake.outcome,
                    detail=wake.why,
                )
                notes.append(HistoryNote(event))
        return notes


# What this process notes; None before it has started to, or where a setting turns it off.
_notes: HistoryNotes | None = None


def start_history(client: redis.Redis, ring: KeyRing | None, hours: int) -> None:
    """From now on this process notes what happens. Nothing where `hours` is 0, or where there are no keys to seal with."""
    global _notes
    _notes = None
    if hours and ring is not None:
        _notes = HistoryNotes(History(client, ring, hours * 3600), SessionRecords(client))
        scheduler.every(scheduler.TASK_SECONDS, _notes.flush)


def stop_history() -> None:
    """Before the process ends: writes what still waits, if Redis takes it soon."""
    if _notes is not None:
        with suppress(StoreDown, redis.RedisError), gevent.Timeout(LAST_WRITE_SECONDS, False):
            _notes.flush()


def note_login(event: HistoryEvent, place: str, login: str) -> None:
    """A log-in or a failed one."""
    if _notes is not None:
        _notes.note(HistoryNote(event, place, login))


def note_end(user: str, sid: str, reason: EndReason, handset: str = "", waiting: int = 0) -> None:
    """A session is over. `waiting`: messages that are kept for the next one."""
    _note(HistoryKind.END, user, session=short(sid), reason=str(reason), handset=handset, messages=waiting)


def note_undelivered(user: str, reason: UndeliveredReason, why: str = "", messages: int = 1) -> None:
    """A message for the user, or of the user, was not delivered. `why`: an XMPP condition, or other words of ours."""
    _note(HistoryKind.UNDELIVERED, user, reason=str(reason), detail=why, messages=messages)


def note_wake(sid: str, bearer: str, outcome: WakeOutcome, why: str = "") -> None:
    """Something was done to wake the phone of a session."""
    if _notes is not None:
        _notes.wake(sid, bearer, outcome, why)


def note_sms(user: str, sid: str, number: str, bearer: str, outcome: WakeOutcome, why: str = "") -> None:
    """As note_wake, for one by SMS: it is found by the number too."""
    _note(HistoryKind.WAKE, user, session=short(sid), number=number, bearer=bearer, reason=str(outcome), detail=why)


def _note(kind: HistoryKind, user: str, **more: object) -> None:
    if _notes is not None:
        now = int(time.time())
        _notes.note(HistoryNote(HistoryEvent(kind, now, now, user=user, **more)))  # type: ignore[arg-type]
