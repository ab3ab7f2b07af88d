"""What a process does again and again, done together.

To wake a process that sleeps takes longer, a third of a millisecond, than most of what it then does. So all its duties share one
timer, which rests until the first of them is due; those that are nearly due go along, each in a greenlet of its own, so that
what they ask of Redis leaves in one write. Times are multiples of the periods on the machine's clock and not on that of the
process: all processes of a machine wake at the same moment, and Redis once for all of them.
"""

import math
import time
from collections.abc import Callable, Iterable
from typing import Any
from weakref import WeakKeyDictionary

import gevent
import structlog
from gevent.event import Event

from onesoup.observability.bugs import log_bug
from onesoup.store.errors import StoreDown

log = structlog.get_logger(__name__)

# What has no reason to be done more often. As often as leases are renewed, so that the holder wakes for all of it at once.
SECONDS = 3.0
# A duty is done by this part of its period too early, if something else is due then.
EARLY = 0.25


class PeriodicTask:
    """Something that is done each `seconds`, or when somebody says `by`. Two runs of one duty never overlap."""

    __slots__ = ("_beat", "due", "greenlet", "seconds", "work")

    def __init__(self, beat: "Scheduler", seconds: float, work: Callable[[], object]) -> None:
        self._beat, self.seconds, self.work = beat, seconds, work
        self.due = math.inf
        self.greenlet: gevent.Greenlet | None = None

    def by(self, when: float) -> None:
        """At that time of the monotonic clock or earlier."""
        if when < self.due:
            self.at(when)

    def at(self, when: float) -> None:
        """At that time, whatever was said before."""
        self.due = when
        self._beat.look()

    def stop(self) -> None:
        """Not again. A run that has begun comes to its end."""
        self._beat.drop(self)


class Scheduler:
    """The duties of one process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._duties: list[PeriodicTask] = []
        self._until = -math.inf  # so long the timer rests
        self._news = Event()
        self.runs: gevent.Greenlet | None = None
        # Told with each awakening how much too late it came.
        self.late: Callable[[float], object] = lambda _seconds: None

    def every(self, seconds: float, work: Callable[[], object]) -> PeriodicTask:
        """For the first time when the next multiple of the period comes."""
        duty = self.when(work)
        duty.seconds = seconds
        duty.by(_multiple(self._clock(), seconds))
        return duty

    def when(self, work: Callable[[], object]) -> PeriodicTask:
        """Only when its `by` says so."""
        duty = PeriodicTask(self, math.inf, work)
        self._duties.append(duty)
        return duty

    def drop(self, duty: PeriodicTask) -> None:
        if duty in self._duties:
            self._duties.remove(duty)

    def look(self) -> None:
        """Something may be due before the timer ends."""
        if self._next() < self._until:
            self._news.set()

    def run(self) -> None:
        """For ever. Meant for a greenlet of its own."""
        while True:
            self._until = self._next()
            rest = self._until - self._clock()
            if rest > 0:
                self._news.wait(None if math.isinf(rest) else rest)
            now = self._clock()
            if self._news.is_set():
                self._news.clear()
            elif rest > 0:
                self.late(max(now - self._until, 0.0))
            self._until = -math.inf
            for duty in self.due(now):
                duty.greenlet = gevent.spawn(self._do, duty)

    def due(self, now: float) -> list[PeriodicTask]:
        """What is to be done now. Nothing but what has no other way to be told is done before its time."""
        ready = [duty for duty in self._duties if duty.greenlet is None]
        if all(duty.due > now for duty in ready):
            return []
        found = [duty for duty in ready if duty.due <= now + (0.0 if math.isinf(duty.seconds) else duty.seconds * EARLY)]
        for duty in found:
            duty.due = math.inf if math.isinf(duty.seconds) else _multiple(max(now, duty.due), duty.seconds)
        return found

    def _next(self) -> float:
        return min((duty.due for duty in self._duties if duty.greenlet is None), default=math.inf)

    def _do(self, duty: PeriodicTask) -> None:
        """A failure is logged, and the next turn comes all the same."""
        try:
            duty.work()
        except StoreDown as error:
            log.warning("store-down", reason=str(error))
        except Exception as error:
            log_bug(error)
        finally:
            duty.greenlet = None
            if duty.due <= self._clock() and not math.isinf(duty.seconds):
                duty.due = _multiple(self._clock(), duty.seconds)  # what took so long is not repeated at once
            self.look()


def _multiple(now: float, seconds: float) -> float:
    """The first multiple behind this time."""
    return (math.floor(now / seconds) + 1) * seconds


def together(*works: Callable[[], Any]) -> list[Any]:
    """What each of them brings: run at the same time, so that what they ask of Redis leaves in one write. The first error
    counts."""
    found = [gevent.spawn(_outcome, work) for work in works]
    gevent.joinall(found)
    for each in found:
        if each.value[1] is not None:
            raise each.value[1]
    return [each.value[0] for each in found]


def _outcome(work: Callable[[], Any]) -> tuple[Any, Exception | None]:
    try:
        return work(), None
    except Exception as error:
        return None, error


# One for each event loop; a process has one.
_beats: WeakKeyDictionary[object, Scheduler] = WeakKeyDictionary()


def here() -> Scheduler:
    """That of this process."""
    hub = gevent.get_hub()
    beat = _beats.get(hub)
    if beat is None:
        beat = _beats[hub] = Scheduler()
    if beat.runs is None or beat.runs.dead:
        beat.runs = gevent.spawn(beat.run)
    return beat


def every(seconds: float, work: Callable[[], object]) -> PeriodicTask:
    """A duty of this process."""
    return here().every(seconds, work)


def when(work: Callable[[], object]) -> PeriodicTask:
    """A duty of this process that is done when its `by` says so."""
    return here().when(work)


def stop(duties: Iterable[PeriodicTask], seconds: float) -> None:
    """None of them again; waits so long for those that run."""
    duties = list(duties)
    for duty in duties:
        duty.stop()
    gevent.joinall([duty.greenlet for duty in duties if duty.greenlet is not None], timeout=seconds)
