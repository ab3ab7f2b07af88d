"""Greenlets that take turns at the jobs of many."""

import gevent
import pytest
from gevent import get_hub, getcurrent
from gevent.event import Event

from onesoup.runtime.spare_greenlets import MAX_SPARE, SpareGreenlets


@pytest.fixture
def begin():
    """Begins jobs as the event loop does."""
    spare = SpareGreenlets()
    return lambda job: get_hub().loop.run_callback(spare.run, job)


def test_jobs_that_follow_one_another_share_a_greenlet(begin):
    workers = []
    for _ in range(5):
        begin(lambda: workers.append(getcurrent()))
        gevent.sleep(0)
        gevent.sleep(0)
    assert len(workers) == 5
    assert len(set(workers)) == 1


def test_a_job_that_waits_holds_up_no_other(begin):
    go, done = Event(), []
    for number in range(3 * MAX_SPARE):
        begin(lambda number=number: (go.wait(), done.append(number)))
    begin(lambda: done.append("quick"))
    gevent.sleep(0.01)
    assert done == ["quick"]
    go.set()
    gevent.sleep(0.01)
    assert sorted(done[1:]) == list(range(3 * MAX_SPARE))


def test_a_job_that_fails_costs_the_next_one_nothing(begin):
    done = []
    begin(lambda: 1 / 0)
    gevent.sleep(0.01)
    begin(lambda: done.append(True))
    gevent.sleep(0.01)
    assert done == [True]
