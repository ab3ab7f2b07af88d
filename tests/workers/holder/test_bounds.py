"""What strangers on XMPP can put into Redis through a holder: at most 1 MiB a session (docs/redis-keys.md)."""

import gevent
import pytest
from gevent.lock import BoundedSemaphore

from onesoup.store import bounds, keys
from onesoup.store.account.groups import InvitationStore
from onesoup.store.account.lists import PendingRequests
from onesoup.store.bounds import MOST_ITEM_BYTES, MOST_ITEMS
from tests.support.memory import memory
from tests.support.secrets import secret_text
from tests.workers.holder.conftest import DOMAIN, Lab, server_with
from tests.xmpp.stream.harness import eventually

MEBIBYTE = 1024 * 1024
LONG = "x" * 200_000
MUC = "http://jabber.org/protocol/muc#user"


@pytest.fixture(scope="module")
def field(redis_server, tmp_path_factory, large_budget):
    lab = Lab(tmp_path_factory.mktemp("bounds"), redis_server, secret_text())
    with server_with(lab.password) as server:
        holder = lab.holder(server.stub)
        lab.log_in(holder)  # scripts and buffers are there before anything is measured
        yield lab, server, holder
    lab.close()


@pytest.fixture
def phone(field):
    """(session, how to send to it and wait until it is read, bytes that Redis has grown by since)."""
    lab, server, holder = field
    before = len(server.peers)
    sid = lab.log_in(holder)
    eventually(lambda: len(server.peers) == before + 1)
    peer, start = one_at_a_time(server.peers[before]), used(lab)

    def send(*stanzas: str) -> None:
        count = len(server.other)
        for stanza in stanzas:
            peer.send(stanza)
            gevent.sleep(0)
        peer.send("<r xmlns='urn:xmpp:sm:3'/>")
        eventually(lambda: any(each.startswith("<a ") for each in server.other[count:]))

    return sid, send, lambda: used(lab) - start


def one_at_a_time(peer):
    """The server answers requests while a test sends: neither may write into the other's stanza."""
    plain, lock = peer.send, BoundedSemaphore(1)

    def send(text) -> None:
        with lock:
            plain(text)

    peer.send = send
    return peer


def used(lab) -> int:
    return memory(lab.client)


def message(number: int, body: str = "hello", id_: str = "") -> str:
    return f"<message from='mallory{number}@evil.example/c' type='chat' id='{id_ or number}'><body>{body}</body></message>"


@pytest.mark.parametrize(("count", "size"), [(6000, 5), (400, 10_000), (30, 199_000), (5, 250_000)])
def test_messages_that_nobody_fetches(field, phone, count, size):
    lab, server, _ = field
    sid, send, grown = phone
    send(*[message(number, "y" * size) for number in range(count)])
    items, octets = lab.feed.items.load(sid)
    assert items <= MOST_ITEMS + 200
    assert octets <= MOST_ITEM_BYTES + 270_000
    assert grown() <= MEBIBYTE
    assert items == count or any("resource-constraint" in each for each in server.seen)


def test_ids_of_two_hundred_kilobytes(phone):
    _, send, grown = phone
    send(*[message(number, id_=f"{number}{LONG}") for number in range(300)])
    assert grown() <= MEBIBYTE


def test_requests_for_presence(field, phone):
    lab, _, holder = field
    sid, send, grown = phone
    note = "n" * 1000
    send(
        *[
            f"<presence from='m{number}@evil.example' type='subscribe'><status>{note}</status></presence>"
            for number in range(5000)
        ]
    )
    assert lab.feed.items.load(sid)[0] <= MOST_ITEMS + 400
    assert PendingRequests(lab.client).count(holder.sessions[sid].session.jid) <= bounds.MOST_PENDING
    assert grown() <= 2 * MEBIBYTE  # two rows: what waits for the phone, and what it may decide later


@pytest.mark.parametrize("size", [10, 200_000])
def test_invitations_into_rooms(field, phone, size):
    lab, _, holder = field
    sid, send, grown = phone
    send(
        *[
            f"<message from='room{number}@rooms.example'><x xmlns='{MUC}'><invite from='m{number}@evil.example'>"
            f"<reason>{'r' * 300}</reason></invite><password>{'p' * size}</password></x></message>"
            for number in range(3000 if size < 1000 else 200)
        ]
    )
    assert lab.feed.items.load(sid)[0] <= MOST_ITEMS + 200
    assert len(InvitationStore(lab.client).received.all(holder.sessions[sid].session.jid)) <= bounds.MOST_INVITES
    assert grown() <= 2 * MEBIBYTE


def test_presence_of_one_contact(field, phone):
    lab, _, _ = field
    sid, send, grown = phone
    item = "<item jid='friend@x' subscription='both'/>"
    send(f"<iq type='set' id='1'><query xmlns='jabber:iq:roster'>{item}</query></iq>")
    pep = "http://jabber.org/protocol/pubsub#event"
    mood = "http://jabber.org/protocol/mood"
    send(
        *[f"<presence from='friend@x/{number}{'r' * 900}'><status>{LONG}</status></presence>" for number in range(60)],
        f"<message from='friend@x'><event xmlns='{pep}'><items node='{mood}'><item><mood xmlns='{mood}'><{'m' * 100_000}/></mood>"
        "</item></items></event></message>",
    )
    assert lab.client.hlen(keys.of(sid, "pres")[0]) == 1
    assert grown() <= MEBIBYTE // 4


def test_messages_that_sessions_have_left_count_in_the_next_one(field):
    """A phone that logs in, and never fetches, again and again: what one session has left fills the next."""
    lab, server, holder = field
    start = used(lab)
    for turn in range(4):
        fill_and_end(lab, server, holder, f"sleeper{turn}")
        assert lab.client.hlen(keys.account(f"sleeper@{DOMAIN}", "offline")) < 80
    assert used(lab) - start <= MEBIBYTE


def fill_and_end(lab, server, holder, name: str) -> None:
    before = len(server.peers)
    sid = lab.log_in(holder, user="sleeper", sid=name)
    eventually(lambda: len(server.peers) > before or holder.sessions[sid].connection.stream.open)
    peer = one_at_a_time(server.peers[-1])
    for number in range(80):
        peer.send(message(number, "y" * 10_000))
        gevent.sleep(0)
    eventually(lambda: lab.feed.items.load(sid)[1] >= MOST_ITEM_BYTES)
    gevent.sleep(0.2)
    holder.sessions[sid].end(600, polite=False)
