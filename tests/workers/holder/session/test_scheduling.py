"""When a session is checked: at the time that a part has asked for, whatever else is due later."""

import time

import pytest

from workers.holder.schedule import DeadlineQueue
from workers.holder.session.scheduling import SessionSchedule


@pytest.fixture
def queue():
    return DeadlineQueue()


def test_a_check_in_a_while_does_not_undo_an_earlier_wish(queue):
    schedule, now = SessionSchedule("key", queue), time.monotonic()
    schedule.check_by(now + 5)
    schedule.check_in(100)
    assert queue.due(now + 4) == []
    assert queue.due(now + 6) == ["key"]


def test_a_wish_that_has_come_true_is_forgotten(queue):
    schedule, now = SessionSchedule("key", queue), time.monotonic()
    schedule.check_by(now - 1)
    schedule.check_in(100)
    assert queue.due(now + 50) == []
    assert queue.due(now + 101) == ["key"]


def test_the_earliest_wish_counts(queue):
    schedule, now = SessionSchedule("key", queue), time.monotonic()
    schedule.check_by(now + 50)
    schedule.check_by(now + 10)
    schedule.check_by(now + 90)
    assert queue.due(now + 11) == ["key"]


def test_check_now_is_due_at_once(queue):
    schedule = SessionSchedule("key", queue)
    schedule.check_by(time.monotonic() + 50)
    schedule.check_now()
    assert queue.due(time.monotonic()) == ["key"]


def test_sessions_that_began_together_are_not_checked_together(queue):
    rests = {SessionSchedule(number, queue).rest(3600.0) for number in range(20)}
    assert len(rests) == 20
    assert all(0.0 <= each <= 3600.0 for each in rests)


def test_after_the_first_rest_all_are_as_long(queue):
    schedule = SessionSchedule("key", queue)
    schedule.rest(3600.0)
    assert schedule.rest(3600.0) == 3600.0
