"""The periodic tasks of a process: when each is due, on a clock of the test's own, and how they run."""

import math

import gevent
import pytest
from gevent.event import Event

from onesoup.runtime import batched_metrics, scheduler
from onesoup.runtime.scheduler import Scheduler
from onesoup.store.errors import StoreDown


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def nothing() -> None:
    pass


def times(made: Scheduler, clock: Clock, seconds: float) -> list[float]:
    """When the timer fires within `seconds`."""
    found, end = [], clock.now + seconds
    while (when := made.next_due()) <= end:
        clock.now = max(when, clock.now)
        made.take_due(clock.now)
        found.append(clock.now)
    return found


def test_periods_count_from_the_clock_s_beginning(clock: Clock) -> None:
    one, other = Scheduler(clock), Scheduler(clock)
    one.every(3.0, nothing)
    clock.now += 1.1
    other.every(3.0, nothing)
    assert one.next_due() == other.next_due() == 1002.0


def test_a_task_that_is_nearly_due_runs_with_another(clock: Clock) -> None:
    made = Scheduler(clock)
    made.every(3.0, nothing)
    seldom = made.every(10.0, nothing)
    runs = []
    seldom.work = lambda: runs.append(clock.now)
    found, end = [], clock.now + 60
    while made.next_due() <= end:
        clock.now = made.next_due()
        found.append(clock.now)
        if seldom in made.take_due(clock.now):
            runs.append(clock.now)
    assert all(when % 3.0 == 0 for when in found)
    assert len(runs) == 6


def test_a_task_without_a_period_never_runs_early(clock: Clock) -> None:
    made = Scheduler(clock)
    made.every(3.0, nothing)
    told = made.when(nothing)
    assert math.isinf(told.due)
    told.by(1004.5)
    told.by(1007.0)
    assert times(made, clock, 6) == [1002.0, 1004.5]  # and with it what would have been due at 1005
    told.at(1007.0)
    told.at(1009.5)
    assert times(made, clock, 6) == [1008.0, 1009.5]


def test_periods_that_were_slept_through_count_as_one(clock: Clock) -> None:
    made = Scheduler(clock)
    task = made.every(3.0, nothing)
    clock.now += 100
    assert made.take_due(clock.now) == [task]
    assert task.due == 1101.0


def test_a_long_run_does_not_overlap_and_is_not_repeated_at_once() -> None:
    running, go_on, runs = Event(), Event(), []

    def slow() -> None:
        runs.append(1)
        running.set()
        go_on.wait()

    task = scheduler.every(0.05, slow)
    assert running.wait(10)
    others: list[int] = []
    other = scheduler.every(0.05, lambda: others.append(1))
    with gevent.Timeout(60):
        while len(others) < 5:
            gevent.sleep(0.01)
    assert len(runs) == 1
    go_on.set()
    with gevent.Timeout(60):
        while len(runs) < 3:
            gevent.sleep(0.01)
    scheduler.stop_tasks([task, other], 5)
    count = len(runs)
    gevent.sleep(0.2)
    assert len(runs) == count


def test_a_task_that_fails_runs_again() -> None:
    runs = []

    def fails() -> None:
        runs.append(1)
        raise StoreDown("away") if len(runs) % 2 else ValueError("bug")

    task = scheduler.every(0.02, fails)
    with gevent.Timeout(60):
        while len(runs) < 4:
            gevent.sleep(0.01)
    task.stop()


def test_a_task_that_becomes_due_while_the_timer_sleeps_runs_at_once() -> None:
    done = Event()
    task = scheduler.when(done.set)
    gevent.sleep(0.05)
    task.by(0.0)
    assert done.wait(10)
    task.stop()


def test_run_together_returns_all_results_or_raises_the_first_error() -> None:
    def fails() -> None:
        raise StoreDown("away")

    assert scheduler.run_together(lambda: 1, lambda: 2) == [1, 2]
    with pytest.raises(StoreDown):
        scheduler.run_together(lambda: 1, fails)


def test_counts_are_written_half_a_second_later_and_no_timer_runs_without_any(monkeypatch: pytest.MonkeyPatch) -> None:
    class File:
        def __init__(self) -> None:
            self.value = 0.0

        def inc(self, amount: float) -> None:
            self.value += amount

        def get(self) -> float:
            return self.value

    monkeypatch.setattr(batched_metrics, "WRITE_SECONDS", 0.05)
    monkeypatch.setattr(batched_metrics, "_timer", None)
    count = batched_metrics._batched(File)()
    count.inc(2)  # before anybody writes
    assert (count.value, count.get()) == (0.0, 2.0)
    batched_metrics.start_writing()
    with gevent.Timeout(60):
        while count.value != 2.0:
            gevent.sleep(0.01)
    assert not batched_metrics._timer_runs
    count.inc(1)
    assert batched_metrics._timer_runs
    batched_metrics.write_counts()
    assert count.value == 3.0
    assert not batched_metrics._timer_runs
