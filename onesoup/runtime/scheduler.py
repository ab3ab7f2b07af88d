"""Runs the periodic tasks of a process on one shared timer.

Waking a sleeping process takes longer, a third of a millisecond, than most tasks then need. So all tasks of a process share one
timer, which fires when the first of them is due. Tasks that are nearly due run with it, each in a greenlet of its own, so that
their commands reach Redis in one write. A task runs at multiples of its period on the machine's clock, not the process's: all
processes of a machine wake at the same moment, and Redis once for all of them.
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

# The period of tasks that need no shorter one. The same as that of lease renewals, so that a holder wakes once for all of them.
TASK_SECONDS = 3.0
# A task may run this part of its period early, when another one is due.
EARLY_SHARE = 0.25


class PeriodicTask:
    """Work that runs every `seconds`, or at the time given to `by`. Two runs of one task never overlap."""

    __slots__ = ("_scheduler", "due", "greenlet", "seconds", "work")

    def __init__(self, scheduler: "Scheduler", seconds: float, work: Callable[[], object]) -> None:
        self._scheduler, self.seconds, self.work = scheduler, seconds, work
        self.due = math.inf
        self.greenlet: gevent.Greenlet | None = None

    def by(self, when: float) -> None:
        """Runs it at `when` on the monotonic clock, or earlier."""
        if when < self.due:
            self.at(when)

    def at(self, when: float) -> None:
        """Runs it at `when`, in place of any earlier or later time."""
        self.due = when
        self._scheduler.reschedule()

    def stop(self) -> None:
        """Runs it no more. A run that has begun comes to its end."""
        self._scheduler.drop(self)


class Scheduler:
    """The periodic tasks of one process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._tasks: list[PeriodicTask] = []
        self._sleeps_until = -math.inf
        self._rescheduled = Event()
        self.greenlet: gevent.Greenlet | None = None
        # Called at each wake-up with the seconds that it came too late.
        self.late: Callable[[float], object] = lambda _seconds: None

    def every(self, seconds: float, work: Callable[[], object]) -> PeriodicTask:
        """A task that runs every `seconds`, first at the next multiple of that period."""
        task = self.when(work)
        task.seconds = seconds
        task.by(_next_multiple(self._clock(), seconds))
        return task

    def when(self, work: Callable[[], object]) -> PeriodicTask:
        """A task that runs only at times given to its `by`."""
        task = PeriodicTask(self, math.inf, work)
        self._tasks.append(task)
        return task

    def drop(self, task: PeriodicTask) -> None:
        if task in self._tasks:
            self._tasks.remove(task)

    def reschedule(self) -> None:
        """Wakes the timer when a task has become due before it fires."""
        if self.next_due() < self._sleeps_until:
            self._rescheduled.set()

    def run(self) -> None:
        """Runs tasks for ever. Meant for a greenlet of its own."""
        while True:
            self._sleeps_until = self.next_due()
            rest = self._sleeps_until - self._clock()
            if rest > 0:
                self._rescheduled.wait(None if math.isinf(rest) else rest)
            now = self._clock()
            if self._rescheduled.is_set():
                self._rescheduled.clear()
            elif rest > 0:
                self.late(max(now - self._sleeps_until, 0.0))
            self._sleeps_until = -math.inf
            for task in self.take_due(now):
                task.greenlet = gevent.spawn(self._run_task, task)

    def take_due(self, now: float) -> list[PeriodicTask]:
        """The tasks to run now: those that are due, and with them those that are nearly due. Sets their next time."""
        ready = [task for task in self._tasks if task.greenlet is None]
        if all(task.due > now for task in ready):
            return []
        found = [task for task in ready if task.due <= now + (0.0 if math.isinf(task.seconds) else task.seconds * EARLY_SHARE)]
        for task in found:
            task.due = math.inf if math.isinf(task.seconds) else _next_multiple(max(now, task.due), task.seconds)
        return found

    def next_due(self) -> float:
        """When the first task is due, on the monotonic clock; infinity for none."""
        return min((task.due for task in self._tasks if task.greenlet is None), default=math.inf)

    def _run_task(self, task: PeriodicTask) -> None:
        """One run. A failure is logged; the next run comes all the same."""
        try:
            task.work()
        except StoreDown as error:
            log.warning("store-down", reason=str(error))
        except Exception as error:
            log_bug(error)
        finally:
            task.greenlet = None
            if task.due <= self._clock() and not math.isinf(task.seconds):
                task.due = _next_multiple(self._clock(), task.seconds)  # a run that took too long is not repeated at once
            self.reschedule()


def _next_multiple(now: float, seconds: float) -> float:
    """The first multiple of `seconds` after `now`."""
    return (math.floor(now / seconds) + 1) * seconds


def run_together(*works: Callable[[], Any]) -> list[Any]:
    """Runs functions at the same time, so that their commands reach Redis in one write. Their results, or the first error."""
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
_schedulers: WeakKeyDictionary[object, Scheduler] = WeakKeyDictionary()


def process_scheduler() -> Scheduler:
    """The scheduler of this process. The first call starts it."""
    hub = gevent.get_hub()
    scheduler = _schedulers.get(hub)
    if scheduler is None:
        scheduler = _schedulers[hub] = Scheduler()
    if scheduler.greenlet is None or scheduler.greenlet.dead:
        scheduler.greenlet = gevent.spawn(scheduler.run)
    return scheduler


def every(seconds: float, work: Callable[[], object]) -> PeriodicTask:
    """A task of this process that runs every `seconds`."""
    return process_scheduler().every(seconds, work)


def when(work: Callable[[], object]) -> PeriodicTask:
    """A task of this process that runs only at times given to its `by`."""
    return process_scheduler().when(work)


def stop_tasks(tasks: Iterable[PeriodicTask], seconds: float) -> None:
    """Stops these tasks. Waits up to `seconds` for those that are running."""
    tasks = list(tasks)
    for task in tasks:
        task.stop()
    gevent.joinall([task.greenlet for task in tasks if task.greenlet is not None], timeout=seconds)
