"""Rooms that are silent: which answer to a ping of oneself means what."""

from dataclasses import replace
from types import SimpleNamespace

import gevent
import pytest
from gevent.lock import BoundedSemaphore
from xmpp.simplexml import NodeBuilder

from onesoup.csp.groups import Room
from onesoup.store import records
from onesoup.xmpp.commands import ChangeRoomSettings, JoinRoom
from onesoup.xmpp.stream import StreamFailure
from workers.holder.session.rooms import commands
from workers.holder.session.rooms.commands import AGAIN_SHARE, RoomCommands
from workers.holder.session.rooms.table import PendingJoin, Rooms

ROOM, CHECK = "soup@conference.example.org", 900.0


class Stream:
    """Answers each request with a result, an error of this condition, or not at all."""

    def __init__(self):
        self.says, self.asked, self.open = "", [], True
        self.on_request = lambda: None

    def request(self, iq, _timeout):
        self.asked.append((iq.getAttr("to"), str(iq.getChildren()[0].getNamespace())))
        self.on_request()
        if self.says in ("no-answer", "closed"):
            raise StreamFailure(self.says, "")
        error = f"<error><{self.says} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>" if self.says else ""
        return NodeBuilder(f"<iq type='{'error' if self.says else 'result'}'>{error}</iq>").getDom()


@pytest.fixture
def held(monkeypatch):
    shared = SimpleNamespace(room_check=CHECK, feed=SimpleNamespace(known=lambda *_: {}))
    held = SimpleNamespace(sid="s", stream=Stream(), closing=False)
    held.rooms = Rooms(held, shared)
    held.doors = RoomCommands(held, shared)
    held.rooms.joined[ROOM] = Room("wv:/soup@example.org", "Alice")
    held.rooms.heard(ROOM, ago=CHECK)
    monkeypatch.setattr(commands, "RESTART_SECONDS", 3600.0)  # nobody knocks here
    return held


def left(held):
    return held.rooms.until_silent() / CHECK


@pytest.mark.parametrize("says", ["", "service-unavailable", "feature-not-implemented"])
def test_a_room_that_lets_the_ping_through_is_left_alone_for_as_long_again(held, says):
    held.stream.says = says
    held.doors.look_in()
    assert held.stream.asked == [(f"{ROOM}/Alice", "urn:xmpp:ping")]
    assert (ROOM in held.rooms.joined, round(left(held), 2)) == (True, 1)
    held.doors.look_in()
    assert len(held.stream.asked) == 1


@pytest.mark.parametrize("says", ["not-acceptable", "item-not-found", "forbidden", "bad-request"])
def test_a_room_that_does_not_know_us_is_entered_again(held, says):
    held.stream.says = says
    held.doors.look_in()
    assert (ROOM in held.rooms.joined, held.rooms.entering[ROOM].again) == (False, True)


@pytest.mark.parametrize("says", ["no-answer", "closed", "remote-server-timeout", "remote-server-not-found"])
def test_a_room_that_cannot_be_reached_is_asked_again_sooner(held, says):
    held.stream.says = says
    held.doors.look_in()
    assert (ROOM in held.rooms.joined, round(left(held), 2)) == (True, AGAIN_SHARE)


def test_an_answer_that_comes_when_the_nick_has_changed_counts_for_nothing(held):
    held.stream.says = "item-not-found"
    held.stream.on_request = lambda: setattr(held.rooms.joined[ROOM], "nick", "Alice2")
    held.doors.look_in()
    assert ROOM in held.rooms.joined


@pytest.mark.parametrize("gone", [False, True])
def test_what_is_settled_for_a_room_does_not_undo_what_the_room_says_meanwhile(held, gone):
    stored, room = [], held.rooms.joined[ROOM]
    held.lock, held.store = BoundedSemaphore(1), stored.append
    with held.lock:  # stanzas of the room are just being stored
        settling = gevent.spawn(held.doors.answer, ChangeRoomSettings(ROOM, private=False))
        gevent.sleep(0)
        room.topic = "Soup"
        if gone:
            held.rooms.forget(ROOM)
    settling.join()
    known = [records.unpack_room(record) for changes in stored for record in changes.rooms.values()]
    assert [(each.topic, each.private) for each in known] == ([] if gone else [("Soup", False)])


def test_a_group_that_is_joined_again_goes_by_the_name_that_the_phone_has_for_it_now(held):
    """A phone loses messages of a group that it does not know by that name."""
    stored = []
    held.lock, held.store = BoundedSemaphore(1), stored.append
    join = JoinRoom(ROOM, "wv:/soup@conference.example.org", "Alice", notice=True)
    assert records.unpack_answer(held.doors.answer(join))["code"] == 200
    (record,) = stored[0].rooms.values()
    assert (records.unpack_room(record).gid, records.unpack_room(record).notice) == (join.gid, True)

    held.rooms.entering[ROOM] = PendingJoin(held.rooms.joined.pop(ROOM), again=True)  # after a break of the stream
    held.stream.send = lambda *_: held.rooms.entering[ROOM].result.set({"code": 200, "nick": "Alice"})
    held.showing = SimpleNamespace(now={})
    assert records.unpack_answer(held.doors.answer(replace(join, gid="wv:soup")))["code"] == 200
    assert held.rooms.entering[ROOM].room.gid == "wv:soup"
