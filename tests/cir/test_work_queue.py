"""Steps that are due, on a real Redis: one process at a time has each, however long it takes, and what one leaves
another gets."""

import gevent
import pytest
from gevent.event import Event

from cir import work_queue
from cir.work_queue import WorkQueue
from onesoup.store.redis.client import connect
from onesoup.store.wakeup.timers import SharedTimers

NAME = "a7phone"


@pytest.fixture
def client(redis_server):
    client = connect(redis_server.url)
    client.flushall()
    return client


@pytest.fixture
def due(client):
    return SharedTimers(client, "cir:test")


@pytest.fixture
def process(due, monkeypatch):
    """Makes processes that do steps, with short leases."""
    monkeypatch.setattr(work_queue, "STEP_LEASE_MS", 1000)
    monkeypatch.setattr(work_queue, "WORK_TURN_SECONDS", 0.1)
    loops = []

    def make(step, **more):
        made = WorkQueue(due, step, 5, **more)
        loops.append(gevent.spawn(made.run))
        made.loop = loops[-1]
        return made

    yield make
    gevent.killall(loops)


class Seen(list):
    """Steps that were begun. What is called in each says how it goes on."""

    def __init__(self, *after):
        super().__init__()
        self._after, self.more = list(after), Event()

    def __call__(self, name):
        self.append(name)
        self.more.set()
        found = self._after.pop(0) if self._after else None
        return found() if callable(found) else found

    def until(self, count):
        with gevent.Timeout(60):
            while len(self) < count:
                self.more.wait()
                self.more.clear()


def settled(client):
    with gevent.Timeout(60):
        while client.zcard("cir:test"):
            gevent.sleep(0.01)


def test_a_step_runs_again_as_soon_as_it_says(process, client):
    steps = Seen(0, 50, None)
    process(steps).schedule(NAME, 10)
    steps.until(3)
    settled(client)
    assert steps == [NAME] * 3


def test_what_another_process_puts_there_is_found(process, due, client):
    steps = Seen()
    process(steps)
    gevent.sleep(0.02)
    due.add(NAME)
    steps.until(1)
    settled(client)


def test_a_long_step_stays_with_its_process(process, due, client, monkeypatch):
    monkeypatch.setattr(work_queue, "STEP_LEASE_MS", 3000)  # a busy machine may stand still for one of the short ones
    going, end = Event(), Event()
    long = Seen(lambda: going.set() or (end.wait(20) and None))
    process(long).schedule(NAME, 0)
    assert going.wait(20)
    other = Seen()
    process(other)
    gevent.sleep(7.0)  # two leases
    assert (len(long), len(other)) == (1, 0)
    end.set()
    settled(client)
    assert other == []


def test_a_process_that_is_killed_leaves_its_step_to_another(process):
    going = Event()
    killed = process(Seen(lambda: going.set() or gevent.sleep(60)))
    killed.schedule(NAME, 0)
    assert going.wait(20)
    killed._pool.kill(block=False)
    killed.loop.kill()
    heir = Seen()
    process(heir)
    heir.until(1)


def test_a_name_that_is_due_again_waits_for_its_step(process, client):
    """Two steps of one name never run together in a process, and the second is not lost."""
    going, end, running = Event(), Event(), []

    def first():
        running.append("begun")
        going.set()
        end.wait(20)
        running.append("ended")

    steps = Seen(first, lambda: running.append("second"))
    one = process(steps)
    one.schedule(NAME, 0)
    assert going.wait(20)
    one.schedule(NAME, 0)
    gevent.sleep(0.3)
    assert running == ["begun"]
    end.set()
    steps.until(2)
    settled(client)
    assert running == ["begun", "ended", "second"]


def test_what_comes_while_the_last_step_looks_is_not_forgotten(process, due, client):
    came = ["later"]
    steps = Seen()
    process(steps, done=lambda name: came and came.pop() and due.add(name)).schedule(NAME, 0)
    steps.until(2)
    settled(client)


def test_a_step_that_breaks_is_tried_again_and_stops_nobody(process, client):
    steps = Seen(lambda: 1 / 0)
    one = process(steps)
    one.schedule(NAME, 0)
    steps.until(2)
    settled(client)


def test_no_more_are_taken_than_can_be_worked_on(process, due):
    end = Event()
    steps = Seen(*[lambda: end.wait(20) and None] * 9)
    for number in range(9):
        due.soon(f"{number}", 0)
    process(steps)
    steps.until(5)
    gevent.sleep(0.3)
    assert len(steps) == 5
    end.set()
    steps.until(9)


def test_whoever_leaves_ends_what_he_has_begun(process, client, monkeypatch):
    monkeypatch.setattr(work_queue, "STEP_LEASE_MS", 60_000)  # the other one is not to take it for a killed one's
    going, end = Event(), Event()
    steps = Seen(lambda: going.set() or (end.wait(20) and None))
    one = process(steps)
    one.schedule(NAME, 0)
    assert going.wait(20)
    leaving = gevent.spawn(one.drain, 10)
    gevent.sleep(0)
    one.schedule("later", 0)
    other = Seen()
    process(other)
    other.until(1)
    end.set()
    leaving.join(20)
    assert (steps, other) == ([NAME], ["later"])
