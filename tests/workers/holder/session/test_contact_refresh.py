"""Servers that cannot be reached are asked again, by one greenlet for each, whatever is heard of them in between."""

import gc
from types import SimpleNamespace

import gevent
import pytest

from workers.holder.session.contact_refresh import MAX_UNREACHABLE_DOMAINS, StaleContacts

BOB = "bob@far.example"


class Roster:
    """What the asking reads of the store: how often, and nobody is visible."""

    def __init__(self):
        self.reads = 0

    def roster_jids(self):
        self.reads += 1
        return [BOB]

    def visible_contacts(self, jids):
        return []

    def present_jids(self):
        return []


@pytest.fixture
def roster():
    return Roster()


@pytest.fixture
def stale(roster):
    connection = SimpleNamespace(stream=object(), send=lambda *_: None)
    connection.uses = lambda stream: stream is connection.stream
    made = StaleContacts(SimpleNamespace(sid="00a"), roster, connection, None, None)
    made.sweep_later = lambda _stream: None
    yield made
    made.expect_all()  # as a new stream does
    gevent.sleep(0)


def askers():
    gevent.sleep(0)  # those that were told to end do so
    gevent.sleep(0)
    return sum(isinstance(each, gevent.Greenlet) and not each.dead and "_ask_again" in repr(each) for each in gc.get_objects())


def test_a_server_that_comes_and_goes_is_asked_by_one_greenlet(stale, roster):
    before = askers()
    for _ in range(20):
        stale.seen([BOB], ["far.example"])
        gevent.sleep(0)
        stale.seen([BOB])
    stale.seen([BOB], ["far.example"])
    assert askers() - before == 1
    assert roster.reads == 21, "each time it is asked at once"
    stale.seen([BOB])
    assert askers() == before


def test_on_a_new_stream_it_is_asked_anew(stale, roster):
    before = askers()
    stale.seen([BOB], ["far.example"])
    assert askers() - before == 1
    stale._connection.stream = object()
    stale.expect_all()
    stale.seen([BOB], ["far.example"])
    assert askers() - before == 1
    assert roster.reads == 2


def test_a_stranger_can_name_as_many_servers_as_there_is_room_for(stale):
    before = askers()
    stale.seen([], [f"d{n}.example" for n in range(10 * MAX_UNREACHABLE_DOMAINS)])
    assert askers() - before == MAX_UNREACHABLE_DOMAINS
