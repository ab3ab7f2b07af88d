"""Rooms that are silent, and commands about rooms: what an answer to a ping of the own nick means, what a command stores."""

from dataclasses import replace
from types import SimpleNamespace

import gevent
import pytest
from xmpp.simplexml import NodeBuilder

from onesoup.csp.groups import Room
from onesoup.store import records
from onesoup.xmpp.commands import ChangeRoomSettings, JoinRoom
from onesoup.xmpp.stream import StreamFailure
from workers.holder.session.phone_texts import PhoneTexts
from workers.holder.session.rooms import joining
from workers.holder.session.rooms.checks import UNREACHABLE_RECHECK_SHARE
from workers.holder.session.rooms.session_rooms import SessionRooms
from workers.holder.session.rooms.table import JoinOutcome, PendingJoin
from workers.holder.session.state import SessionState

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


class RoomSession:
    """What the parts for rooms ask of a session; what they store is kept."""

    def __init__(self):
        self.stream, self.stored, self.now = Stream(), [], {}
        self.state = SessionState("s", SimpleNamespace(jid="alice@example.org", resource="phone"), fence=1, shard=0)
        self.rooms = SessionRooms(
            self.state,
            self,
            self.stream,
            changes=self,
            scheduler=self,
            own_presence=self,
            texts=PhoneTexts(100),
            rules=self,
            sent_message=lambda _: None,
            groups=None,
            invites=None,
            check_seconds=CHECK,
        )
        self.table, self.checks, self.commands = self.rooms.table, self.rooms.checks, self.rooms.commands

    def occupant_names(self):
        return []

    def store(self, changes):
        self.stored.append(changes)


@pytest.fixture
def session(monkeypatch):
    session = RoomSession()
    session.table.joined[ROOM] = Room("wv:/soup@example.org", "Alice")
    session.table.note_activity(ROOM, ago=CHECK)
    monkeypatch.setattr(joining, "ROOM_RESTART_SECONDS", 3600.0)  # no attempt to enter again
    return session


def left(session):
    return session.table.seconds_until_silent() / CHECK


@pytest.mark.parametrize("says", ["", "service-unavailable", "feature-not-implemented"])
def test_a_room_that_lets_the_ping_through_is_left_alone_for_as_long_again(session, says):
    session.stream.says = says
    session.checks.probe_rooms()
    assert session.stream.asked == [(f"{ROOM}/Alice", "urn:xmpp:ping")]
    assert (ROOM in session.table.joined, round(left(session), 2)) == (True, 1)
    session.checks.probe_rooms()
    assert len(session.stream.asked) == 1


@pytest.mark.parametrize("says", ["not-acceptable", "item-not-found", "forbidden", "bad-request"])
def test_a_room_that_does_not_know_us_is_entered_again(session, says):
    session.stream.says = says
    session.checks.probe_rooms()
    assert (ROOM in session.table.joined, session.table.entering[ROOM].rejoin) == (False, True)


@pytest.mark.parametrize("says", ["no-answer", "closed", "remote-server-timeout", "remote-server-not-found"])
def test_a_room_that_cannot_be_reached_is_asked_again_sooner(session, says):
    session.stream.says = says
    session.checks.probe_rooms()
    assert (ROOM in session.table.joined, round(left(session), 2)) == (True, UNREACHABLE_RECHECK_SHARE)


def test_an_answer_that_comes_when_the_nick_has_changed_counts_for_nothing(session):
    session.stream.says = "item-not-found"
    session.stream.on_request = lambda: setattr(session.table.joined[ROOM], "nick", "Alice2")
    session.checks.probe_rooms()
    assert ROOM in session.table.joined


@pytest.mark.parametrize("gone", [False, True])
def test_what_is_settled_for_a_room_does_not_undo_what_the_room_says_meanwhile(session, gone):
    room = session.table.joined[ROOM]
    with session.state.lock:  # stanzas of the room are just being stored
        settling = gevent.spawn(session.commands.answer, ChangeRoomSettings(ROOM, private=False))
        gevent.sleep(0)
        room.topic = "Soup"
        if gone:
            session.table.remove(ROOM)
    settling.join()
    known = [records.unpack_room(record) for changes in session.stored for record in changes.rooms.values()]
    assert [(each.topic, each.private) for each in known] == ([] if gone else [("Soup", False)])


def test_a_group_that_is_joined_again_goes_by_the_name_that_the_phone_has_for_it_now(session):
    """A phone loses messages of a group that it does not know by that name."""
    join = JoinRoom(ROOM, "wv:/soup@conference.example.org", "Alice", notice=True)
    assert records.unpack_answer(session.commands.answer(join))["code"] == 200
    (record,) = session.stored[0].rooms.values()
    assert (records.unpack_room(record).gid, records.unpack_room(record).notice) == (join.gid, True)

    session.table.entering[ROOM] = PendingJoin(session.table.joined.pop(ROOM), rejoin=True)  # after a break of the stream
    session.stream.transmit = lambda *_: session.table.entering[ROOM].result.set(JoinOutcome(200, nick="Alice"))
    assert records.unpack_answer(session.commands.answer(replace(join, gid="wv:soup")))["code"] == 200
    assert session.table.entering[ROOM].room.gid == "wv:soup"
