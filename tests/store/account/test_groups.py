"""What is kept of groups beside a session."""

import pytest

from onesoup.csp.groups import KeptProperties
from onesoup.csp.invitations import Invitation
from onesoup.store import records
from onesoup.store.account.groups import GroupStore, InvitationStore
from onesoup.store.bounds import MOST_INVITES
from onesoup.store.redis.client import connect
from onesoup.store.redis.commands import send_together
from onesoup.store.session.holder_side import HolderSessionStore
from onesoup.store.session.rooms import StoredOccupant
from onesoup.store.session.session_values import NewSession
from onesoup.store.session.stream_changes import StreamChanges
from tests.support.in_redis import RECORD

ALICE = "alice@example.org"


@pytest.fixture
def client(redis_server):
    client = connect(redis_server.url)
    client.flushall()
    return client


def test_where_the_rooms_of_a_domain_are(client):
    groups = GroupStore(client)
    assert groups.service("example.org") is None
    groups.keep_service("example.org", "rooms.example.org")
    groups.keep_service("none.example", "")
    assert groups.service("example.org") == "rooms.example.org"
    assert groups.domain_of("rooms.example.org") == "example.org"
    assert groups.service("none.example") == ""
    # Somebody else's domain may say that these are its rooms.
    groups.keep_service("evil.example", "rooms.example.org")
    groups.keep_service("shared.example", "rooms.example.net")
    assert groups.domain_of("rooms.example.org") == "example.org"
    assert groups.domain_of("rooms.example.net") is None
    assert 0 < client.pttl("muc:{none.example}") < client.pttl("muc:{example.org}")


def test_topics_of_rooms(client):
    groups = GroupStore(client)
    assert groups.topic("a@rooms") == ""
    groups.keep_topic("a@rooms", "x" * 10_000)
    assert groups.topic("a@rooms") == "x" * 500
    assert 0 < client.pttl("topic:{a@rooms}") <= 14 * 86_400_000
    groups.keep_topic("a@rooms", "")
    assert (groups.topic("a@rooms"), client.keys("*")) == ("", [])


def test_groups_of_an_account(client):
    groups = GroupStore(client)
    kept = KeptProperties("wv:/b", auto=True)
    groups.keep_settings(ALICE, "a@rooms", KeptProperties("wv:/a", auto=True))
    groups.keep_settings(ALICE, "b@rooms", kept)
    groups.remove(ALICE, "a@rooms")
    assert groups.all_settings(ALICE) == {"b@rooms": kept}
    assert groups.settings(ALICE, "b@rooms", "") == kept
    assert groups.settings(ALICE, "a@rooms", "wv:/a") == KeptProperties("wv:/a")


def test_joins_are_kept_until_they_are_forgotten(client):
    groups = GroupStore(client)

    def kept(resource):
        return send_together(client, groups.joins_command(ALICE, resource))[0]

    groups.keep_joins(ALICE, "phone", b"rooms")
    assert kept("other") is None
    assert kept("phone") == b"rooms"
    groups.forget_joins(ALICE, "phone")
    assert kept("phone") is None


def test_invitations_do_not_fill_redis(client):
    invites = InvitationStore(client)
    invitation = Invitation("GR", "a@rooms")
    for number in range(MOST_INVITES + 1):
        invites.received.put(ALICE, f"i{number}", invitation)
    assert len(invites.received.all(ALICE)) <= MOST_INVITES
    assert invites.received.get(ALICE, f"i{MOST_INVITES}") == invitation
    assert invites.sent.get(ALICE, f"i{MOST_INVITES}") is None
    invites.received.remove(ALICE, f"i{MOST_INVITES}")
    assert invites.received.get(ALICE, f"i{MOST_INVITES}") is None


def test_a_room_goes_with_everybody_in_it_and_nobody_else(client):
    feed = HolderSessionStore(client)
    feed.create("00s", NewSession(RECORD, 1, 60_000))
    feed.store(
        "00s",
        1,
        StreamChanges(
            rooms={"a@r": b"a", "ab@r": b"b"},
            occupants={name: records.pack_occupant("", "visitor", "none") for name in ("a@r/x", "a@r/y/z", "ab@r/x")},
        ),
    )
    found = StoredOccupant("a@r", "x", "", "visitor", "none")
    assert feed.rooms.named_occupants("00s", ["a@r/x", "a@r/no"]) == {"a@r/x": found}
    feed.store("00s", 1, StreamChanges(occupants={"ab@r/x": b""}))
    feed.store("00s", 1, StreamChanges(rooms={"a@r": b""}))
    assert (feed.rooms.joined_records("00s"), feed.rooms.occupants("00s")) == ({"ab@r": b"b"}, [])
    feed.copy("00s", "00t")
    assert feed.rooms.joined_records("00t") == {"ab@r": b"b"}
