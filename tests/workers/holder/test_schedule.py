"""Who is to be looked at when."""

import math
import random
import weakref

from workers.holder.schedule import DeadlineQueue


def test_a_key_is_due_once_when_its_deadline_has_passed():
    agenda = DeadlineQueue()
    agenda.put("b", 2.0)
    agenda.put("a", 1.0)
    assert agenda.due(0.5) == []
    assert agenda.due(2.0) == ["a", "b"]
    assert agenda.due(9.0) == []


def test_the_last_time_counts():
    agenda = DeadlineQueue()
    agenda.put("a", 1.0)
    agenda.put("a", 5.0)
    assert agenda.due(4.0) == []
    agenda.put("a", 4.5)
    assert agenda.due(4.6) == ["a"]
    assert agenda.due(9.0) == []


def test_a_wish_only_brings_it_forward():
    agenda = DeadlineQueue()
    agenda.put("a", 3.0)
    agenda.by("a", 5.0)
    agenda.by("b", 5.0)
    assert agenda.due(3.0) == ["a"]
    agenda.by("b", 4.0)
    assert agenda.due(4.0) == ["b"]


def test_a_dropped_key_is_never_due():
    agenda = DeadlineQueue()
    agenda.put("a", 3.0)
    agenda.drop("a")
    agenda.drop("nobody")
    assert agenda.due(9.0) == []


def test_times_that_no_longer_count_do_not_pile_up():
    agenda, chance = DeadlineQueue(), random.Random(3)
    for number in range(20_000):
        agenda.put(number % 10, chance.random())
    assert len(agenda) == 10
    assert len(agenda._heap) <= 1020
    assert len(agenda.due(1.0)) == 10


def test_a_key_that_was_dropped_or_came_due_is_kept_alive_by_nothing():
    class Key:
        """Like a session."""

    agenda, dropped, due = DeadlineQueue(), Key(), Key()
    for when in (3600.0, 60.0):  # a later time stays in the heap
        agenda.put(dropped, when)
        agenda.put(due, when)
    agenda.put(due, 1.0)
    agenda.drop(dropped)
    assert agenda.due(2.0) == [due]
    left = [weakref.ref(dropped), weakref.ref(due)]
    del dropped, due
    assert [each() for each in left] == [None, None]


def test_on_set_is_called_with_an_earlier_deadline():
    told = []
    agenda = DeadlineQueue(told.append)
    assert agenda.next() == math.inf
    agenda.put("a", 50.0)
    agenda.by("a", 70.0)
    agenda.by("a", 30.0)
    assert told == [50.0, 30.0]
    assert agenda.next() == 30.0
    assert agenda.due(30.0) == ["a"]
    agenda.put("b", 90.0)
    assert agenda.next() <= 90.0
