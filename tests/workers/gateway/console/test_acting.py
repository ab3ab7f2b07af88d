"""Deeds that take long: what the page says while they go on, and when they have failed."""

import gevent
import pytest
from structlog.testing import capture_logs

from onesoup.operators.operator import OperatorError
from onesoup.store.errors import StoreDown
from workers.gateway.console import acting
from workers.gateway.console.acting import LongDeed
from workers.gateway.console.pages import ActionProblem

LONG_SECONDS = 60.0


def raising(error):
    def do():
        raise error

    return do


@pytest.mark.parametrize("error", [OperatorError("nobody is there"), StoreDown("READONLY")])
def test_a_deed_that_fails_says_why(error):
    with pytest.raises(ActionProblem, match=str(error)):
        LongDeed("announce", raising(error)).said()


def test_a_mistake_of_ours_is_no_deed_that_goes_on():
    with capture_logs() as logged, pytest.raises(ActionProblem, match="event bug"):
        LongDeed("announce", raising(KeyError("x"))).said()
    assert ("bug", "KeyError") in [(each["event"], each.get("kind")) for each in logged]


def test_a_deed_that_goes_on_says_nothing_and_comes_to_its_end(monkeypatch):
    monkeypatch.setattr(acting, "DEED_WAIT_SECONDS", 0.0)
    end, done = gevent.event.Event(), gevent.event.Event()

    def do():
        end.wait(LONG_SECONDS)
        done.set()
        return "done"

    assert LongDeed("announce", do).said() == ""
    end.set()
    assert done.wait(LONG_SECONDS)
